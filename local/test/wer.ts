/** Words of a text without case and punctuation; hyphens part words, "Mr" is spoken "mister". */
export function spoken(text: string): string[] {
  const words =
    text
      .toLowerCase()
      .replaceAll("-", " ")
      .match(/[a-z0-9']+/g) ?? [];
  return words.map((word) => (word === "mr" ? "mister" : word));
}

/** How many words have to be put in, left out or changed to make `heard` of `reference`. */
export function wordErrors(reference: string[], heard: string[]): number {
  let row = heard.map((_, index) => index + 1);
  row.unshift(0);
  reference.forEach((word, line) => {
    const next = [line + 1];
    heard.forEach((other, index) => {
      const changed = (row[index] as number) + (word === other ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] as number) + 1, (next[index] as number) + 1));
    });
    row = next;
  });
  return row.at(-1) as number;
}
