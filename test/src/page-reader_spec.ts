import should from "should";
import { PageReader } from "../../src/http/page-reader";

const job = (id: string, status: string) => ({
  request_id: "G-1",
  file: { id: "another id", status: "another status", items: [{ id: "inner", status: "inner" }] },
  tags: ["id", "status", ["items"], [{ id: "deep" }]],
  prompt: 'He said "id": \\ {[,:]} \u2028 日本語 \\',
  status,
  id,
  numbers: [-1.5e3, true, null],
  next: "no page",
  result: null,
});

/** Reads a text in pieces of so many bytes. */
function read(text: string, size: number): PageReader {
  const bytes = Buffer.from(text);
  const reader = new PageReader();
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
  return reader.end();
}

describe("a page of jobs", () => {
  const jobs = [job("a", "queued"), job('quoted "ü" \\', "processing"), job("z\n", "unheard of")];
  const page = { total: { items: [{ id: "no" }] }, current: "x", items: jobs, next: "http://host/?a=1&b=é", more: {} };
  const wanted = jobs.map(({ id, status }) => ({ id, status }));

  it("gives the same, wherever its bytes are cut", () => {
    for (const text of [JSON.stringify(page), JSON.stringify(page, null, "\t")]) {
      for (let size = 1; size < 200; size++) {
        const { items, next } = read(text, size);
        should({ items, next }).eql({ items: wanted, next: page.next });
      }
    }
  });

  it("may be empty, the last one, or hold what is no job", () => {
    should(read('{"items":[],"next":null}', 5)).containEql({ items: [], next: null });
    should(read(' {"next":null,"items":[1,"id",[],{},{"status":"done"},{"id":7},{"id":"a"}]}\n', 5).items).eql([
      { id: "a", status: "" },
    ]);
  });

  for (const text of [
    "",
    "<html>",
    "[]",
    "null",
    '"items"',
    "{}",
    '{"items":null}',
    '{"items":{}}',
    '{"next":"items"}',
    '{"items":[{"id":"a","status":"queued"}]',
    '{"items":[{"id":"a","status":"que',
    '{"items":[]}}',
    '{"items":[]}{"items":[]}',
    '{"items":[{"id":"\\x","status":"queued"}]}',
  ]) {
    it(`is not: ${text || "nothing"}`, () => {
      for (const size of [1, 3, 100]) should(() => read(text, size)).throw(SyntaxError);
    });
  }
});
