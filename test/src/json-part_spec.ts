import { Readable } from "node:stream";
import { createContext, runInContext } from "node:vm";
import should from "should";
import { jsonPart } from "../../src/jobs/json-part";
import { draws } from "../support/draws";

class Customer {
  readonly id: number;
  #secret = 1;
  constructor(id: number) {
    this.id = id;
  }
  get secret() {
    return this.#secret;
  }
}

class Money {
  toJSON() {
    return "1.00 EUR";
  }
}

describe("the part of a message that is kept", () => {
  it("is what a function node made: objects of another realm", () => {
    const msg = runInContext(
      `({ customer: { id: 7, deep: [{ a: 1 }] }, tags: ["x", { y: 1 }], when: new Date(0), n: new Number(5), s: new String("t"), b: new Boolean(false), bare: Object.create(null) })`,
      createContext({}),
    ) as object;
    should(jsonPart(msg)).eql({ part: JSON.parse(JSON.stringify(msg)), left: [], binary: [], silent: [] });
  });

  it("is what JSON keeps of anything, without bytes, streams and res; of req that there was one", () => {
    const own = Object.defineProperty({ shown: 1 }, "hidden", { value: 2, enumerable: false });
    const kept = {
      topic: "t",
      customer: new Customer(7),
      price: new Money(),
      own,
      when: new Date(0),
      never: new Date(Number.NaN),
      url: new URL("https://example.com/"),
      error: Object.assign(new Error("hidden"), { code: "E" }),
      numbers: [1, Number.NaN, Number.POSITIVE_INFINITY, -0],
      // biome-ignore lint/suspicious/noSparseArray: JSON has null for a hole
      holes: [, undefined, () => 1, Symbol("s"), 2],
      nothing: undefined,
      f: () => 1,
      withToJson: Object.assign(() => 1, { toJSON: () => "said" }),
      ["__proto__"]: 1,
    };
    const { part, left } = jsonPart({ ...kept, res: {} });
    should(JSON.stringify(part)).equal(
      JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(kept))).sort(bySize(part)))),
    );
    should(left).be.empty();
    should(jsonPart({ req: { headers: { cookie: "x" } }, res: {} }).part).eql({ req: {} });
    const bytes = {
      payload: Buffer.alloc(5),
      view: new Uint8Array(3),
      raw: new ArrayBuffer(3),
      other: runInContext("new Uint8Array(3)", createContext({})) as unknown,
      stream: Readable.from([]),
      web: new ReadableStream(),
      deep: { list: [1, Buffer.alloc(1), "x"] },
    };
    should(jsonPart(bytes)).eql({
      part: { deep: { list: [1, null, "x"] } },
      left: [],
      binary: Object.keys(bytes),
      silent: [],
    });
  });

  it("names what JSON leaves out or empties without a word", () => {
    const { silent, left, part } = jsonPart({
      f: () => 1,
      symbol: Symbol("s"),
      deep: [{ f: () => 1, a: 1 }],
      error: new Error("said"),
      pattern: /x/,
      promise: Promise.resolve(),
      other: runInContext("({ f() {}, e: new Error('x') })", createContext({})) as unknown,
      nothing: undefined,
      said: Object.assign(() => 1, { toJSON: () => "said" }),
      when: new Date(0),
    });
    should(silent).eql(["f", "symbol", "deep", "error", "pattern", "promise", "other"]);
    should(left).be.empty();
    should(part).containEql({ deep: [{ a: 1 }], error: {}, said: "said" });
  });

  it("names what JSON cannot hold", () => {
    const circle: Record<string, unknown> = { name: "c" };
    circle["self"] = circle;
    const twice = { a: 1 };
    const { part, left } = jsonPart({
      circle,
      big: 10n,
      map: new Map([[1, 2]]),
      set: new Set([1]),
      get broken(): unknown {
        throw new Error("no");
      },
      bad: {
        toJSON() {
          throw new Error("no");
        },
      },
      twice: [twice, twice],
    });
    should(left.sort()).eql(["bad", "big", "broken", "circle", "map", "set"]);
    should(part["twice"]).eql([{ a: 1 }, { a: 1 }]);
    should(part["circle"]).eql({ name: "c" });
  });

  it("is equal to JSON for whatever is drawn", () => {
    const draw = draws(7);
    const pick = <T>(...values: T[]) => values[Math.floor(draw() * values.length)] as T;
    const value = (depth: number): unknown => {
      if (depth > 4 || draw() < 0.4) {
        return pick<unknown>(null, true, 0, 1.5, Number.NaN, "text", "", undefined, new Date(1), new Money(), () => 1);
      }
      const items = Array.from({ length: Math.floor(draw() * 4) }, () => value(depth + 1));
      if (draw() < 0.4) return items;
      const fields = Object.fromEntries(items.map((item, i) => [pick("a", "b", "toString", `k${i}`), item]));
      return draw() < 0.5 ? fields : Object.assign(new Customer(1), fields);
    };
    for (let n = 0; n < 500; n++) {
      const msg = { v: value(0) };
      should(jsonPart(msg).part).eql(JSON.parse(JSON.stringify(msg)), JSON.stringify(msg));
    }
  });

  it("leaves the largest fields behind when there is too much", () => {
    const { part, left } = jsonPart({
      small: 1,
      large: "x".repeat(300_000),
      a: "x".repeat(150_000),
      b: "x".repeat(140_000),
    });
    should(Object.keys(part).sort()).eql(["b", "small"]);
    should(left.sort()).eql(["a", "large"]);
  });

  it("stops early at what is too large", () => {
    let asked = 0;
    const counted = (fields: object) =>
      new Proxy(fields, {
        get: (target, name) => {
          asked++;
          return Reflect.get(target, name) as unknown;
        },
      });
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));
    const large = { many: counted(many(40_000)), list: new Array(4e9), deep: nested(20_000), ok: 1 };
    const { part, left } = jsonPart(large);
    should(part).have.property("ok", 1);
    should(left).containDeep(["many", "list", "deep"]);
    should(asked).be.below(30_000);
    const wide = jsonPart(many(200_000));
    should(wide.left.length + Object.keys(wide.part).length).equal(200_000);
    should(JSON.stringify(wide.part).length).be.below(600_000);
  });
});

function nested(depth: number): object {
  let value: object = {};
  for (let n = 0; n < depth; n++) value = { value };
  return value;
}

/** Fields come out by their size, which says nothing. */
function bySize(part: object): (a: [string, unknown], b: [string, unknown]) => number {
  const names = Object.keys(part);
  return ([a], [b]) => names.indexOf(a) - names.indexOf(b);
}
