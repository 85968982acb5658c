/** What a piece of work gives, and how often the event loop turned meanwhile. */
export async function turnsOf<T>(work: () => Promise<T>): Promise<{ result: T; turns: number }> {
  let turns = 0;
  let timer = setImmediate(function again() {
    turns++;
    timer = setImmediate(again);
  });
  try {
    return { result: await work(), turns };
  } finally {
    clearImmediate(timer);
  }
}
