import should from "should";
import { hideCredentials, proxySecrets } from "../../src/http/credentials";
import { Redactor } from "../../src/http/redact";
import { headerForms, jsonForms, leaksIn } from "../support/leaks";

const KEY = "9d1f7c3e-52ab-4e86-b0c4-77e1fa60d2b3";

describe("a redactor", () => {
  const redactor = new Redactor([KEY, undefined, ""]);

  it("finds a secret in each form, anywhere, and leaves what stands around it", () => {
    for (const form of [...headerForms(KEY), ...jsonForms(KEY)]) {
      const text = redactor.redact(`user not found: ${form} . Sorry`);
      should(leaksIn(text, KEY)).be.empty();
      should(text).match(/^user not found: .*\*\*\*.* \. Sorry$/);
    }
    should(redactor.redact(`${KEY}${KEY} and ${KEY}`)).equal("*** and ***");
    should(redactor.redact("nothing of it: 9d1f7c3e")).equal("nothing of it: 9d1f7c3e");
  });

  it("finds the part of a secret that is there where its end is missing", () => {
    for (let length = 18; length < KEY.length; length++) {
      should(redactor.redact(`no such key: ${KEY.slice(0, length)}...`)).equal("no such key: ***...");
    }
  });

  it("takes short texts for no secrets, as the local engine takes any key", () => {
    const local = new Redactor(["any", "gladia", "key", "1234567"]);
    const text = "any gladia key 1234567";
    should(local.redact(text)).equal(text);
    should(local.reach).equal(0);
  });

  it("knows passwords with whatever characters they have", () => {
    const password = 'pä"ss\\wörd / & 100%';
    const own = new Redactor(proxySecrets({ url: "http://proxy:1", password }, {}));
    for (const form of [
      password,
      JSON.stringify(password),
      encodeURIComponent(password),
      JSON.stringify({ a: [password] }),
    ]) {
      should(own.redact(`(${form})`)).match(/^\([^p]*\*\*\*[^p]*\)$/);
    }
    should(own.redactJson(JSON.parse(JSON.stringify({ a: password })), JSON.stringify({ a: password }))).eql({
      a: "***",
    });
  });

  it("knows the passwords of proxies, of the account's and the process' own", () => {
    const env = { HTTPS_PROXY: "http://me:correct%20horse@proxy:3128", all_proxy: "me:battery-staple@proxy" };
    const secrets = proxySecrets({ url: "http://u:in-the-address@proxy:1", password: "in-the-field" }, env);
    should(secrets.sort()).eql(["battery-staple", "correct horse", "in-the-address", "in-the-field"]);
  });

  it("hides what is secret in links", () => {
    const cases: [string, string][] = [
      ["at http://camera:1234@10.0.0.7/a.wav!", "at http://***@10.0.0.7/a.wav!"],
      ["https://x.test/a?token=abc&x=1", "https://x.test/a?token=***&x=1"],
      [
        "https://s3.test/a?X-Amz-Expires=9&X-Amz-Signature=abc",
        "https://s3.test/a?X-Amz-Expires=9&X-Amz-Signature=***",
      ],
      ["https://x.test/a?a=1&amp;api_key=abc#b", "https://x.test/a?a=1&amp;api_key=***#b"],
      [
        "GET https://api.telegram.org/file/bot123:AAH-x_y/voice.oga",
        "GET https://api.telegram.org/file/bot***/voice.oga",
      ],
      ['{"url":"https:\\/\\/u:p@x.test\\/"}', '{"url":"https:\\/\\/***@x.test\\/"}'],
      ["mail me@x.test: 10:30 // or ?token later", "mail me@x.test: 10:30 // or ?token later"],
    ];
    for (const [text, wanted] of cases) should(hideCredentials(text)).equal(wanted);
  });

  it("goes through data of any depth, by values and names, and leaves links in answers that are used", () => {
    const link = "https://x.test/a?token=abc";
    const data = () => ({ [KEY]: [`a ${KEY}`, { __proto: null }], link, said: `see ${link}`, n: 1, no: null });
    should(redactor.redactDeep(data())).eql({
      ...{
        "***": ["a ***", { __proto: null }],
        link: "https://x.test/a?token=***",
        said: `see ${link}`,
        n: 1,
        no: null,
      },
    });
    should(redactor.redactJson(data(), JSON.stringify(data()), true)).containEql({ link });
    let deep: unknown = KEY;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    let found = redactor.redactDeep(deep);
    while (Array.isArray(found)) found = found[0];
    should(found).equal("***");
    const own = redactor.redactDeep(JSON.parse(`{"__proto__":{"${KEY}":"${KEY}"}}`));
    should(JSON.stringify(own)).equal('{"__proto__":{"***":"***"}}');
  });

  it("cuts nothing in two: the end of a text that goes on is left out", () => {
    const text = `${" ".repeat(200)}${KEY.slice(0, 17)}`;
    should(redactor.beginning(text, true, 40)).equal("");
    should(redactor.beginning(`<html>${"x".repeat(2000)}`, true, 10)).equal("<html>xxxx");
    should(redactor.beginning("<html>", false, 40)).equal("<html>");
  });

  it("takes time in proportion to a text, whatever it is", () => {
    const million = (text: string) => text.repeat(1_000_000 / text.length);
    const texts = [
      "\\",
      "%",
      "&#",
      "&#x0",
      "%25",
      "\\\\u00",
      "://",
      "?token",
      "/bot1",
      "a",
      "\\u0025",
      KEY,
      KEY.slice(0, 18),
      "&",
    ];
    for (const text of texts.map(million)) should(redactor.redact(text)).be.a.String();
  });
});
