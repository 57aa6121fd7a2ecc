import { createExecutor, type Backend, type Compute, type Executor } from "@orion/protocol/kernels";

/** What a program is run for: its outputs, the hashes of all its values, or some of its values. */
export type Run = "outputs" | "trace" | "values";

/**
 * A backend before each of whose runs something else happens, such as the chain's clock going on by what a run takes on a slow machine: with windows of hours a test then waits for
 * nothing.
 */
export function slowCompute(backend: Backend, before: (run: Run) => Promise<void>): Compute {
  const { name, mode, macsPerSecond, rates } = backend;
  return {
    ...{ name, mode, macsPerSecond, rates },
    createExecutor(program, constants): Executor {
      const real = createExecutor(program, constants, backend);
      return {
        async outputs(inputs, options) {
          await before("outputs");
          return real.outputs(inputs, options);
        },
        async run(inputs, options) {
          await before("values");
          return real.run(inputs, options);
        },
        async excerpts(inputs, wanted, options) {
          await before("values");
          return real.excerpts(inputs, wanted, options);
        },
        async trace(inputs, options) {
          await before("trace");
          return real.trace(inputs, options);
        },
        dispose: () => real.dispose(),
      };
    },
  };
}
