import Mocha = require("mocha");

/** An error in one line, with the value that an assertion had. */
function reason(error: Error & { actual?: unknown }): string {
  const actual = error?.actual === undefined ? "" : ` (had ${JSON.stringify(error.actual)?.slice(0, 300)})`;
  return `${String(error?.message).split("\n")[0]?.slice(0, 300)}${actual}`;
}

/**
 * The spec reporter, which also tells what was tried again, closed by a line for each failure and one plain line that a
 * script can count: `12 passed, 0 failed, 1 skipped`.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.on("retry", (test: Mocha.Test, error: Error) => {
      process.stdout.write(`    tried again: ${test.title}: ${reason(error)}\n`);
    });
  }

  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    for (const test of this.failures) {
      process.stdout.write(`FAILED ${test.titlePath().join(": ")}: ${reason(test.err as Error)}\n`);
    }
    process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
  }
}
export = Reporter;
