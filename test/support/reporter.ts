import Mocha = require("mocha");

/**
 * The spec reporter, which also tells what was tried again, closed by one plain line that a script can count:
 * `12 passed, 0 failed, 1 skipped`.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on("retry", (test: Mocha.Test, error: Error) => {
      process.stdout.write(`    tried again: ${test.title}: ${String(error?.message).slice(0, 300)}\n`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
}
export = Reporter;
