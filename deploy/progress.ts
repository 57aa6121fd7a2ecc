import { ExecutionEventType, type ExecutionEvent, type ExecutionEventListener } from "@nomicfoundation/ignition-core";

/** One step of a deployment: what is happening to which contract. */
export interface DeployProgress {
  readonly contract: string;
  readonly step: "sending" | "sent" | "deployed";
  /** Transaction hash of a sent step, address of a deployed one. */
  readonly detail?: string;
}

/** Turns Ignition's events into the three that matter to a reader; the others are heard and dropped. */
export function progressListener(report: (progress: DeployProgress) => void): ExecutionEventListener {
  const hear = (event: ExecutionEvent): Promise<void> => {
    const progress = progressOf(event);
    if (progress !== undefined) report(progress);
    return Promise.resolve();
  };
  const methods = Object.values(ExecutionEventType).map((type) => [camelCase(type), hear] as const);
  return Object.fromEntries(methods) as unknown as ExecutionEventListener;
}

function progressOf(event: ExecutionEvent): DeployProgress | undefined {
  switch (event.type) {
    case ExecutionEventType.TRANSACTION_PREPARE_SEND:
      return { contract: nameOf(event.futureId), step: "sending" };
    case ExecutionEventType.TRANSACTION_SEND:
      return { contract: nameOf(event.futureId), step: "sent", detail: event.hash };
    case ExecutionEventType.DEPLOYMENT_EXECUTION_STATE_COMPLETE: {
      if (!("result" in event.result) || event.result.result === undefined) return undefined;
      return { contract: nameOf(event.futureId), step: "deployed", detail: event.result.result };
    }
    default:
      return undefined;
  }
}

/** `Orion#JobMarket` → `JobMarket`. */
function nameOf(futureId: string): string {
  return futureId.slice(futureId.indexOf("#") + 1);
}

function camelCase(type: string): string {
  return type.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
