import should from "should";
import { fill, GladiaError } from "../../src/errors";
import { statusFailure } from "../../src/http/failure";

describe("the texts of errors", () => {
  it("have one full stop after a value that is a sentence", () => {
    const put = (template: string, message: string) => fill(template, { message });
    should(put("It failed: __message__. Try again.", "No such job.")).equal("It failed: No such job. Try again.");
    should(put("It failed: __message__. Try again.", "No such job")).equal("It failed: No such job. Try again.");
    should(put("It failed: __message__. Try again.", "no such job.\n")).equal("It failed: no such job. Try again.");
    should(put("失敗: __message__。再試行。", "No such job.")).equal("失敗: No such job。再試行。");
    should(put("It failed: __message__. Try again.", "没有。")).equal("It failed: 没有. Try again.");
    should(put("Wrong: __message__. Nothing was sent.", "meant that?")).equal("Wrong: meant that? Nothing was sent.");
    should(put("Begins with __message__. Check it.", "once ...")).equal("Begins with once ... Check it.");
    should(put("__message__ cannot be read.", "/tmp/a.")).equal("/tmp/a. cannot be read.");
  });

  it("leave a place without a value as it is", () => {
    should(fill("__a__ and __b__.", { a: 0 })).equal("0 and __b__.");
  });

  it("say texts among the values by the same templates", () => {
    const reason = { key: "reason-no-answer", params: { seconds: 3 } } as const;
    should(fill("Lost: __reason__.", { reason })).equal("Lost: no answer within 3 s.");
    const other = (key: string) => (key === "reason-no-answer" ? "rien en __seconds__ s" : "");
    should(fill("Perdu : __reason__.", { reason }, other)).equal("Perdu : rien en 3 s.");
  });

  it("list several faults, each of them without a full stop of its own", () => {
    const faults = ["a is missing.", "b must be text."];
    should(fill("Not valid: __faults__. Nothing was sent.", { faults })).equal(
      "Not valid: a is missing; b must be text. Nothing was sent.",
    );
  });

  it("put together what Gladia says of a request and of its fields", () => {
    const body = { message: "Invalid parameter(s). See below.", validation_errors: ["model must be text"] };
    const error = statusFailure(400, {}, JSON.stringify(body), "POST", "https://api.gladia.io/v2/pre-recorded");
    should(error.message).match(/: Invalid parameter\(s\)\. See below; model must be text\. Correct/);
    should(error.cause.validation_errors).eql(["model must be text"]);
  });

  it("are plain text in the error itself, whatever their values are", () => {
    const inner = new GladiaError("GLADIA_TIMEOUT", "timeout-job", { id: "x", seconds: 1 });
    const error = new GladiaError("GLADIA_NETWORK", "create-unknown", { key: "k", reason: inner, lookup: "no" });
    should(error.message).containEql(`(${inner.message})`);
    should(JSON.parse(JSON.stringify(error))).eql({ code: error.code, cause: { retryable: false }, name: error.name });
  });
});
