import should from "should";
import { JsonLimit } from "../../src/http/json-limit";
import { JsonParser } from "../../src/http/json-parser";
import { Redactor } from "../../src/http/redact";

/** A job of some megabytes, with everything that makes JSON hard to cut. */
function largeJob() {
  const words = Array.from({ length: 60_000 }, (_, i) => ({
    word: ` "w\\${i}\\"`,
    start: i / 3,
    end: null,
    ok: i % 2 === 0,
    e: 1e-7,
  }));
  return {
    id: "x",
    result: {
      transcription: {
        full_transcript: 'a"b\\é'.repeat(200_000),
        utterances: Array.from({ length: 600 }, (_, i) => ({
          text: "é[{,",
          words: words.slice(i * 100, (i + 1) * 100),
        })),
      },
    },
    list: ["x".repeat(300_000), [], "\u2028".repeat(100_000), {}, 1],
    empty: [[], {}],
  };
}

/** Parses a text that comes in chunks of so many bytes. */
function parse(text: string | Buffer, size = 65_536, redactor = new Redactor()): unknown {
  const bytes = Buffer.from(text);
  const parser = new JsonParser(redactor);
  for (let at = 0; at < bytes.length; at += size) parser.write(bytes.subarray(at, at + size));
  return parser.end().value;
}

describe("JSON that comes in pieces", () => {
  it("takes a text that is whole just as it is worth it to parse what is there", () => {
    for (let length = 65_400; length < 66_000; length += 7) {
      const text = JSON.stringify({ items: [{ a: 1 }, { text: "x".repeat(length - 60) }, { b: [2] }], next: null });
      for (const size of [1000, 2056, 65_536]) {
        const parser = new JsonParser();
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += size) parser.write(bytes.subarray(at, at + size));
        should(JSON.stringify(parser.end().value)).equal(text);
      }
    }
  });

  it("is what JSON.parse makes of it, wherever it is cut", () => {
    const job = largeJob();
    for (const space of [0, 1]) {
      const text = JSON.stringify(job, null, space);
      for (const size of [1000, 4093, 65_536, 10_000_000]) {
        should(JSON.stringify(parse(text, size))).equal(JSON.stringify(job));
      }
    }
  });

  it("is the same when each byte comes alone", () => {
    const part = {
      "é\n": '\u{1f600}\\"'.repeat(30_000),
      list: Array.from({ length: 5000 }, (_, i) => [i, { i: `${i}` }]),
    };
    const text = JSON.stringify({ part, __proto: 1, more: [part, null] }).replace("__proto", "__proto__");
    should(JSON.stringify(parse(text, 1))).equal(text);
    should(JSON.stringify(parse("[]", 1))).equal("[]");
    should(JSON.stringify(parse(' {"a" : [ ] }\n', 1))).equal('{"a":[]}');
  });

  it("keeps escapes whole", () => {
    const text = `["${"\\ud83d\\ude00\\n\\\\".repeat(20_000)}"]`;
    for (const size of [1, 7, 4093, 65_536]) should(parse(text, size)).eql(JSON.parse(text));
  });

  it("is refused where JSON.parse refuses it", () => {
    const text = JSON.stringify(largeJob());
    const at = text.indexOf('{"word"', 2_000_000);
    const inside = (more: string) => text.slice(0, at) + more + text.slice(at);
    const broken = [
      ...[
        `${text}x`,
        `${text},1`,
        `${text}{}`,
        text.slice(0, -2),
        text.replace('"id":', "id:"),
        text.replace('"x",', '"x"'),
      ],
      ...[inside(","), inside("]"), inside("}"), inside("1"), inside('"x":1,'), inside("{} "), inside("\u00a0")],
      ...["", " ", "1", "null", '"x"', "<html>", "[1,]", "{,}", "[", "]", "[}", '{"a"}', "[1]]", "[][]", '{"a":1,"b"}'],
    ];
    const padding = `"${"x".repeat(200_000)}"`;
    const padded = [`[${padding},]`, `[,${padding}]`, `[${padding} ${padding}]`, `{${padding}:1}`, `{"a":${padding},}`];
    padded.push(
      `{"a" ${padding}}`,
      `[[${padding}] [${padding}]]`,
      `{"a":[${padding}],,"b":1}`,
      `[${"1".repeat(400_000)}`,
    );
    for (const wrong of [...broken, ...padded]) {
      for (const size of [977, 65_536]) should(() => parse(wrong, size)).throw(SyntaxError, { message: /./ });
    }
  });

  it("may be 200 levels deep and no deeper, in a small text as in a large one", () => {
    const nested = (depth: number, inner = "") => "[".repeat(depth) + inner + "]".repeat(depth);
    should(JSON.stringify(parse(nested(200)))).equal(nested(200));
    const filling = `"${"x".repeat(100_000)}"`;
    should(JSON.stringify(parse(nested(200, filling)))).equal(nested(200, filling));
    for (const text of [nested(201), nested(20_000), nested(201, filling), '{"a":'.repeat(20_000)]) {
      should(() => parse(text)).throw(JsonLimit);
    }
  });

  it("may leave out what is large, in little memory, wherever it is cut", () => {
    const { id, result } = largeJob();
    const inner = { "]": ["}", '"', { more: "\\" }] };
    const text = JSON.stringify({ id, inner, result, list: result, text: 'é\\"'.repeat(100_000), n: 1, last: inner });
    const wanted = { id, inner, result: null, list: null, text: null, n: 1, last: inner };
    for (const written of [text, JSON.stringify(JSON.parse(text), null, 1)]) {
      for (const size of [97, 65_536, 10_000_000]) {
        const bytes = Buffer.from(written);
        const parser = new JsonParser(undefined, { skipsLarge: true });
        let held = 0;
        for (let at = 0; at < bytes.length; at += size) {
          parser.write(bytes.subarray(at, at + size));
          held = Math.max(held, parser.held);
        }
        should(parser.end().value).eql(wanted);
        should(held).be.below(300_000);
      }
    }
    const refused = [text.slice(0, -1), `${text}x`, text.replace(',"n"', ',,"n"'), text.replace("}]}", "}}}")];
    for (const wrong of refused) {
      const parser = new JsonParser(undefined, { skipsLarge: true });
      should(() => {
        parser.write(Buffer.from(wrong));
        parser.end();
      }).throw(SyntaxError);
    }
  });

  it("holds no secret, also where its text is cut or one string", () => {
    const key = "3fb0a7f6-4b5e-4d21-9a77-0b6d2f3a1c55";
    const escaped = [...key].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join("");
    const filling = "w ".repeat(50_000);
    const text = `{"a":["${filling}${key}${filling}${escaped}${filling}"],"${key}":[{"b":"${escaped}"},"${key}"],"c":"${key}"}`;
    const wanted = { a: [`${filling}***${filling}***${filling}`], "***": [{ b: "***" }, "***"], c: "***" };
    for (const size of [101, 65_536]) should(parse(text, size, new Redactor([key]))).eql(wanted);
  });
});
