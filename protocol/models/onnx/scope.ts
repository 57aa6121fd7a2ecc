import type { GraphBuilder } from "../graph/builder.ts";
import { modelError, quoted } from "../graph/model-error.ts";
import type { TensorProto } from "./proto.ts";
import { type ExternalData, readTensor } from "./read-tensor.ts";

/** A value of the graph, or null where the node that computes it cannot be imported. */
export type Resolved = string | null;

/** Names of one graph of the model and of those around it. Initializers are read when they are first needed. */
export class Scope {
  readonly #names = new Map<string, Resolved>();
  readonly #initializers: Map<string, TensorProto>;
  readonly #parent: Scope | undefined;

  constructor(initializers: readonly TensorProto[], parent?: Scope) {
    this.#parent = parent;
    this.#initializers = new Map(initializers.map((tensor) => [tensor.name ?? "", tensor]));
    if (this.#initializers.size !== initializers.length) throw modelError("two initializers have the same name");
  }

  get initialized(): ReadonlySet<string> {
    return new Set(this.#initializers.keys());
  }

  set(name: string, value: Resolved): void {
    this.#names.set(name, value);
  }

  /** The graph's value for a name. Throws InvalidInputError for a name that nothing gives a value to. */
  async resolve(name: string, builder: GraphBuilder, external?: ExternalData): Promise<Resolved> {
    const value = this.#names.get(name);
    if (value !== undefined) return value;
    const initializer = this.#initializers.get(name);
    if (initializer !== undefined) {
      const tensor = await readTensor(initializer, `initializer ${quoted(name)}`, external);
      const constant = builder.constant(tensor, name);
      this.#names.set(name, constant);
      return constant;
    }
    if (this.#parent === undefined) throw modelError(`nothing computes the value ${quoted(name)}`);
    return this.#parent.resolve(name, builder, external);
  }
}
