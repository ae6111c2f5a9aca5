/** What was odd about a trace and what was done about it. The names are part of the JSON report. */
export type FlagName =
  | 'repeated-span'
  | 'duplicate-id'
  | 'negative-duration'
  | 'clamped-time'
  | 'open'
  | 'missing-parent'
  | 'cycle'
  | 'multiple-roots'
  | 'skew'
  | 'outside-parent'
  | 'clipped-start'
  | 'root-extended'
  | 'left-open'
  | 'closed-together'
  | 'hoisted'
  | 'async-tail'
  | 'detached'
  | 'adopted'
  | 'wait'
  | 'cancelled';

/**
 * One repair or oddity. `span` and `other` are spans of the trace; `text` names what is no span of the trace (the
 * missing parent's id, the ids of a cycle); `valueNs` is a shift or an extension; `count` is a number of spans. A
 * virtual root is no span: what is said of it names none.
 */
export interface Flag {
  readonly flag: FlagName;
  readonly span?: number;
  readonly other?: number;
  readonly text?: string;
  readonly valueNs?: number;
  readonly count?: number;
}
