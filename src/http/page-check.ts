import type { JsonReader } from "./reading";

/** Bytes within which a page of jobs shows that it is one. */
const PAGE_BEGINS = 64 * 1024;

/** Sees whether an answer is a page of jobs, and needs no more of it then: its first job may be megabytes of transcript. */
export class PageCheck implements JsonReader {
  #start = "";
  #isPage = false;

  write(chunk: Buffer): boolean {
    this.#start += chunk.toString("latin1");
    if (/^\s*\{[\s\S]*?"items"\s*:\s*\[/.test(this.#start)) this.#isPage = true;
    else if (this.#start.length > PAGE_BEGINS) throw new SyntaxError("no page of jobs");
    return this.#isPage;
  }

  end(): void {
    if (!this.#isPage) throw new SyntaxError("no page of jobs");
  }
}
