import type { CriticalPath } from '../analyses/critical-path/types.ts';
import type { ThirdParty } from '../analyses/third-party-types.ts';
import type { NearMiss, Occurrence } from '../detectors/types.ts';
import type { Trace } from '../model/trace.ts';
import type { Kind, Role } from '../semantics/kinds.ts';

/** Everything that is known of one trace, and what was judged of it. */
export interface TraceFacts {
  readonly trace: Trace;
  readonly path: CriticalPath;
  readonly parties: ThirdParty;
  /** One per span. */
  readonly kinds: readonly Kind[];
  readonly roles: readonly Role[];
  readonly judgment: TraceJudgment;
}

/** What all rules together said of one trace. */
interface TraceJudgment {
  readonly occurrences: readonly Occurrence[];
  readonly nearMisses: readonly NearMiss[];
  /** The rules that looked. */
  readonly ran: readonly string[];
  readonly blind: readonly { readonly detector: string; readonly needs: readonly string[]; readonly spans: number }[];
  /** Rules that broke down. */
  readonly failures: readonly { readonly detector: string; readonly message: string }[];
}
