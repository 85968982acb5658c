/**
 * How bad it is when a line or a caption ends after a word: 0 after a sentence, more the closer the two words belong
 * together. The words are those of the languages that are spoken most; in others punctuation and pauses decide.
 */
export const SENTENCE = 0;
export const CLAUSE = 3;
const PLAIN = 9;
/** Within a word that is longer than a line. */
export const WITHIN = 30;
/** A conjunction, preposition or relative pronoun comes next. */
const BEFORE_LINK = -4;
/** An article, preposition, pronoun or auxiliary stands before. */
const AFTER_TIED = 6;

const LINK = 1;
const TIED = 2;

const BOTH = `in on at of to for from with by about into over under between through during without against
 dans en sur pour par avec sans chez vers entre sous contre
 im am an auf aus bei mit nach von vom zu zum zur für durch gegen ohne um über unter vor zwischen
 con por para sin sobre entre desde hasta hacia
 di da nel nella sul sulla per tra fra
 em no na com sem
 op van voor met naar bij uit`;
const LINKS = `and or but so because that which who when where while if than as whether although since until
 et ou mais donc car que qui quand où si parce comme lorsque dont
 und oder aber denn weil dass der die das wenn wo als ob obwohl damit sondern
 y o pero porque cuando donde si como aunque
 e ma perché che quando dove se come
 mas porque quando onde
 en of maar want omdat dat die als toen`;
const TIES = `the a an my your his her its our their this that these those i you he she we they it is are was were be
 been am has have had will would can could should may might must do does did not very mr mrs ms dr
 le la les un une des du de au aux l mon ma mes ton ta son sa ses notre nos votre vos leur ce cet cette ces je tu il
 elle on nous vous ils elles est sont était ne pas très
 den dem des ein eine einen einem einer eines mein meine dein sein seine ihr ihre unser ich du er sie es wir ist sind
 war waren hat haben wird werden nicht sehr kein keine
 el los las una unos unas al del mi tu su sus nuestro yo ella nosotros es son fue muy se
 il lo gli i uno della dello delle io lui lei noi è sono molto
 os as um uma uns ao dos das meu seu sua eu ele ela nós são foi muito
 het een mijn jouw zijn haar ons ik jij hij zij wij is zijn was niet`;

const kinds = new Map<string, number>();
const note = (words: string, kind: number) => {
  for (const word of words.split(/\s+/)) kinds.set(word, (kinds.get(word) ?? 0) | kind);
};
note(BOTH, LINK | TIED);
note(LINKS, LINK);
note(TIES, TIED);

const LONGEST_KIND = 8;
const TITLE = /^(?:mr|mrs|ms|dr|prof|st|hr|fr|mme|sr|sra|z\.b|u\.a|e\.g|i\.e|\p{Lu})\.$/iu;

/** What a word does to its neighbours, for `breakCost`. */
export function kindOf(text: string): number {
  if (text.length > LONGEST_KIND) return 0;
  return kinds.get(text.charCodeAt(0) < 0x61 ? text.toLowerCase() : text) ?? 0;
}

/** 2: a sentence ends with this word; 1: a clause does; 0: neither. */
export function endOf(text: string): 0 | 1 | 2 {
  let at = text.length - 1;
  while (at > 0 && CLOSING.has(text.charCodeAt(at))) at--;
  const last = text.charCodeAt(at);
  if (last >= 0x30 && last <= 0x7a && last !== 0x3a && last !== 0x3b && last !== 0x3f) return 0;
  if (ENDS.has(last)) return last === 0x2e && TITLE.test(text) ? 0 : 2;
  return CLAUSES.has(last) ? 1 : 0;
}

const codes = (text: string) => new Set(Array.from(text, (character) => character.charCodeAt(0)));
const CLOSING = codes("\"')]}’”»›」』）】》〉");
const ENDS = codes(".!?…。！？؟۔।॥።");
const CLAUSES = codes(",;:—–،؛、，；：");

/** The cost of a break between two words that a space divides: `end` is that of the first, kinds are those of both. */
export function breakCost(end: 0 | 1 | 2, before: number, after: number): number {
  if (end === 2) return SENTENCE;
  if (end === 1) return CLAUSE;
  return PLAIN + (before & TIED ? AFTER_TIED : 0) + (after & LINK ? BEFORE_LINK : 0);
}
