/** Texts in which each UTF-16 unit is a character of its own: letters and punctuation that nothing combines with. */
const SIMPLE =
  /^[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0559\u0560-\u0590\u05be\u05c0\u05c3\u05d0-\u05ea\u060c\u061b\u061f\u0620-\u064a\u0660-\u066f\u0671-\u06d4\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u3001-\u3029\u3030-\u303c\u3041-\u3098\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d\uffa0-\uffee]*$/;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** How many characters somebody sees: an emoji family is one, a letter with its accents, too. */
export function countGraphemes(text: string): number {
  if (SIMPLE.test(text)) return text.length;
  let count = 0;
  for (const _ of graphemes.segment(text)) count++;
  return count;
}

/** The characters that somebody sees, one by one. */
export function graphemesOf(text: string): string[] {
  return SIMPLE.test(text) ? text.split("") : Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** Chinese characters, kana and hangul: they are as wide as two Latin letters. */
const CJK =
  /[\u1100-\u11ff\u2e80-\u303f\u3040-\u30ff\u3105-\u318f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff9f\uffa0-\uffdf\u{1b000}-\u{1b16f}\u{20000}-\u{3ffff}]/u;
/** Scripts that set no spaces between words: Thai, Lao, Burmese, Khmer and others of the region, Chinese, Japanese. */
const UNSPACED =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u30ff\u3105-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\uff00-\uff9f\u{1b000}-\u{1b16f}\u{20000}-\u{3ffff}]/u;

export const isCjk = (text: string): boolean => CJK.test(text);
export const isUnspaced = (text: string): boolean => UNSPACED.test(text);

/** What begins no line: closing marks, small kana, the long vowel mark, marks of repetition. */
export const NO_START =
  /^[!%),.:;?\]}¢°·»’”†‡›℃∶、。〃〆々〕〗〙〛〞〟〉》」』】〻ぁぃぅぇぉっゃゅょゎゕゖ゛゜ゝゞ〜゠・ァィゥェォッャュョヮヵヶーヽヾㇰ-ㇿ！％），．：；？］｝～｠｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟฯๆ…‥‼⁇⁈⁉،؛؟\p{M}\u200c\u200d]/u;
/** What ends no line: opening marks. */
export const NO_END = /[([{£¥‘“«‹〈《「『【〔〖〘〝（［｛｟｢＄￡￥]$/u;

const HIRAGANA = /[\u3041-\u309f]/;
/** Chinese particles and endings that belong to what stands before them. */
const PARTICLE = /^[的了着过地得们吗呢吧啊嘛呀]/;

/** How bad a break is between two pieces of a script without spaces, on the scale of `breaks.ts`. */
export function unspacedCost(before: string, after: string): number {
  if (PARTICLE.test(after)) return 14;
  // In Japanese a phrase begins with kanji or katakana and ends with its particles.
  if (HIRAGANA.test(after.charAt(0))) return 14;
  return HIRAGANA.test(before.charAt(before.length - 1)) ? 6 : 9;
}

const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** A text of a script without spaces in pieces between which a line may break. */
export function* unspacedPieces(text: string): Generator<string> {
  let piece = "";
  for (const { segment } of words.segment(text)) {
    if (piece && mayBreak(piece, segment)) {
      yield piece;
      piece = segment;
    } else {
      piece += segment;
    }
  }
  if (piece) yield piece;
}

function mayBreak(before: string, after: string): boolean {
  if (NO_START.test(after) || NO_END.test(before)) return false;
  return isUnspaced(after) || isUnspaced(before.slice(-2));
}
