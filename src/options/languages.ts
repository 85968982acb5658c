/** A language as people look for it: its code at Gladia, its English name and the name its speakers use. */
interface Language {
  code: string;
  english: string;
  native: string;
}

/** Reads `code|English name|native name`, with commas between languages; the native name only where it differs. */
const read = (written: string): Language[] =>
  written.split(",").map((entry) => {
    const [code = "", english = code, native = english] = entry.trim().split("|");
    return { code, english, native };
  });

/**
 * The languages Gladia transcribes, by code.
 *
 * Source: `@gladiaio/sdk` 2.1.0, `TranscriptionLanguageCodeEnum`. Gladia's own spelling is kept: Javanese is `jw`.
 */
export const LANGUAGES: readonly Language[] = read(`
  af|Afrikaans, am|Amharic|አማርኛ, ar|Arabic|العربية, as|Assamese|অসমীয়া, az|Azerbaijani|Azərbaycanca,
  ba|Bashkir|Башҡортса, be|Belarusian|Беларуская, bg|Bulgarian|Български, bn|Bengali|বাংলা, bo|Tibetan|བོད་སྐད་,
  br|Breton|Brezhoneg, bs|Bosnian|Bosanski, ca|Catalan|Català, cs|Czech|Čeština, cy|Welsh|Cymraeg, da|Danish|Dansk,
  de|German|Deutsch, el|Greek|Ελληνικά, en|English, es|Spanish|Español, et|Estonian|Eesti, eu|Basque|Euskara,
  fa|Persian|فارسی, fi|Finnish|Suomi, fo|Faroese|Føroyskt, fr|French|Français, gl|Galician|Galego,
  gu|Gujarati|ગુજરાતી, ha|Hausa, haw|Hawaiian|ʻŌlelo Hawaiʻi, he|Hebrew|עברית, hi|Hindi|हिन्दी,
  hr|Croatian|Hrvatski, ht|Haitian Creole|Kreyòl ayisyen, hu|Hungarian|Magyar, hy|Armenian|Հայերեն,
  id|Indonesian|Bahasa Indonesia, is|Icelandic|Íslenska, it|Italian|Italiano, ja|Japanese|日本語,
  jw|Javanese|Basa Jawa, ka|Georgian|ქართული, kk|Kazakh|Қазақша, km|Khmer|ខ្មែរ, kn|Kannada|ಕನ್ನಡ, ko|Korean|한국어,
  la|Latin|Latina, lb|Luxembourgish|Lëtzebuergesch, ln|Lingala|Lingála, lo|Lao|ລາວ, lt|Lithuanian|Lietuvių,
  lv|Latvian|Latviešu, mg|Malagasy, mi|Maori|Te reo Māori, mk|Macedonian|Македонски, ml|Malayalam|മലയാളം,
  mn|Mongolian|Монгол, mr|Marathi|मराठी, ms|Malay|Bahasa Melayu, mt|Maltese|Malti, my|Burmese|မြန်မာ,
  ne|Nepali|नेपाली, nl|Dutch|Nederlands, nn|Norwegian Nynorsk|Norsk nynorsk, no|Norwegian|Norsk, oc|Occitan,
  pa|Punjabi|ਪੰਜਾਬੀ, pl|Polish|Polski, ps|Pashto|پښتو, pt|Portuguese|Português, ro|Romanian|Română,
  ru|Russian|Русский, sa|Sanskrit|संस्कृतम्, sd|Sindhi|سنڌي, si|Sinhala|සිංහල, sk|Slovak|Slovenčina,
  sl|Slovenian|Slovenščina, sn|Shona|ChiShona, so|Somali|Soomaali, sq|Albanian|Shqip, sr|Serbian|Српски,
  su|Sundanese|Basa Sunda, sv|Swedish|Svenska, sw|Swahili|Kiswahili, ta|Tamil|தமிழ், te|Telugu|తెలుగు,
  tg|Tajik|Тоҷикӣ, th|Thai|ไทย, tk|Turkmen|Türkmençe, tl|Tagalog, tr|Turkish|Türkçe, tt|Tatar|Татарча,
  uk|Ukrainian|Українська, ur|Urdu|اردو, uz|Uzbek|Oʻzbekcha, vi|Vietnamese|Tiếng Việt, yi|Yiddish|ייִדיש,
  yo|Yoruba|Yorùbá, zh|Chinese|中文
`);

/** The languages Gladia translates into: all it transcribes, and Wolof. */
export const TRANSLATION_LANGUAGES: readonly Language[] = [...LANGUAGES, ...read("wo|Wolof")];

/** The code of a language that is written as its code, its English name or its own; else what is written. */
export function languageCode(written: string): string {
  const wanted = written.toLowerCase();
  const is = ({ code, english, native }: Language) =>
    [code, english, native].some((name) => name.toLowerCase() === wanted);
  return LANGUAGES.find(is)?.code ?? written;
}
