import fc from "fast-check";
import should from "should";
import { mask, unmask } from "../../src/live/mask";

/** As RFC 6455, section 5.3, says it. */
const masked = (bytes: Uint8Array, key: Uint8Array) => bytes.map((byte, i) => byte ^ (key[i % 4] as number));
const bytes = fc.uint8Array({ minLength: 0, maxLength: 300 });
const key = fc.uint8Array({ minLength: 4, maxLength: 4 });
const shift = fc.integer({ min: 0, max: 15 });

describe("masking of what goes over a WebSocket", () => {
  it("masks bytes of any length from anywhere to anywhere, and nothing beside them", () => {
    fc.assert(
      fc.property(bytes, key, shift, shift, shift, (content, key, before, place, offset) => {
        const source = Buffer.concat([Buffer.alloc(before), content]).subarray(before);
        const output = Buffer.alloc(place + offset + content.length + 8, 0x55).subarray(place);
        mask(source, key, output, offset, content.length);
        const wanted = Buffer.alloc(output.length, 0x55);
        wanted.set(masked(content, key), offset);
        should(output.equals(wanted)).equal(true);
        should(Buffer.from(content).equals(source)).equal(true);
      }),
    );
  });

  it("masks a part of the source, and in place", () => {
    const source = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
    const key = Buffer.from([1, 2, 4, 8]);
    const output = Buffer.alloc(60);
    mask(source, key, output, 0, 60);
    should(output.equals(masked(source.subarray(0, 60), key))).equal(true);
    const wanted = masked(source, key);
    mask(source, key, source, 0, 100);
    should(source.equals(wanted)).equal(true);
  });

  it("unmasks what is masked", () => {
    fc.assert(
      fc.property(bytes, key, shift, (content, key, before) => {
        const all = Buffer.concat([Buffer.alloc(before), masked(content, key)]).subarray(before);
        unmask(all, key);
        should(all.equals(content)).equal(true);
      }),
    );
  });
});
