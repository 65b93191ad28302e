/** Wires the parts of a running sidecar: pipeline, executor, sign-in. The order of the points is lifecycle.ts's. */
import { createApprovedCalls, type ApprovedCalls } from "./approved-calls.ts";
import { Executor } from "./approvals/executor.ts";
import type { OnFault } from "./faults.ts";
import type { People } from "./identity/people.ts";
import type { Learning } from "./learning/learning.ts";
import { assemblePipeline, type Parts, type Pipeline } from "./lifecycle.ts";
import { createAuthorize } from "./processors/authorize.ts";
import { createExecute } from "./processors/execute.ts";
import { createGate } from "./processors/gate.ts";
import { createIdentify } from "./processors/identify.ts";
import { createRecord } from "./processors/record.ts";
import { createResolve } from "./processors/resolve.ts";
import { createRespond } from "./processors/respond.ts";
import { createValidate } from "./processors/validate.ts";
import type { SignIn } from "./routes/sign-in.ts";
import { createRateLimits } from "./rate-limits.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Store } from "./store/store.ts";

export interface AssembleOptions {
  readonly store: Store;
  readonly people: People;
  /** The sign-in of an app's origin, or of the operator's (null). */
  readonly signInOf: (origin: string | null) => SignIn;
  readonly snapshot: () => Snapshot;
  readonly onFault: OnFault;
  /** Under `--learn`. */
  readonly learning?: Learning | undefined;
}

export interface Assembly {
  readonly pipeline: Pipeline;
  readonly executor: Executor;
  readonly approvedCalls: ApprovedCalls;
  /** The sign-in of each app, by its name. */
  readonly signIns: ReadonlyMap<string, SignIn>;
  readonly operatorSignIn: SignIn;
}

export function assemble(options: AssembleOptions): Assembly {
  const { store, people, snapshot, onFault } = options;
  const approvedCalls = createApprovedCalls({ snapshot, people, onFault });
  const executor = new Executor({
    store,
    authorizeAgain: (record) => approvedCalls.authorizeAgain(record),
    run: (record, signal, trace) => approvedCalls.run(record, signal, trace),
    settling: approvedCalls,
    onFault,
  });
  const names = [...snapshot().apps.keys()];
  const signIns = new Map(names.map((name) => [name, options.signInOf(name)]));
  const parts: Parts = [
    createIdentify({
      identify: async (call) => signIns.get(call.app.name)?.identify(call.request),
    }),
    createResolve(),
    createValidate(),
    createAuthorize({ limits: createRateLimits() }),
    createGate({ store, now: Date.now }),
    createExecute({ store, runVoucher: (id) => executor.runVoucher(id), onFault }),
    createRespond(),
    createRecord({ store, learning: options.learning }),
  ];
  const pipeline = assemblePipeline(parts, onFault);
  return {
    pipeline,
    executor,
    approvedCalls,
    signIns,
    operatorSignIn: options.signInOf(null),
  };
}
