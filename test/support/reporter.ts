import Mocha = require("mocha");

/** The spec reporter, closed by one plain line that a script can count: `12 passed, 0 failed, 1 skipped`. */
class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
}
export = Reporter;
