/** Whether the value can be shown as lines without losing anything. */
export function fitsLines(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item === "string" && item !== "" && item === item.trim() && !item.includes("\n"))
  );
}

/** The texts of a list, one a line. */
export function readLines(written: string): string[] | undefined {
  const items = written
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return items.length > 0 ? items : undefined;
}
