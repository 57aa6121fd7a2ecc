import { writeFileSync } from "node:fs";

import Mocha from "mocha";

import { describeFailure, TALLY_FILE, type Tally } from "./tally.ts";

/** Mocha's own spec report, which also leaves the tally of the run for the test command to add up. */
class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Test, error: unknown) => {
      failed.push(describeFailure(test.fullTitle(), error));
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const file = process.env[TALLY_FILE];
      const { passes, failures, pending } = this.stats;
      const tally: Tally = { passed: passes, failed: failures, skipped: pending, failures: failed };
      if (file !== undefined) writeFileSync(file, JSON.stringify(tally));
    });
  }
}

// Mocha loads reporters with require(), which takes this name for what the module is.
export { TallyReporter as "module.exports" };
