/**
 * What a call asks for, with its values taken out. Calls with equal `text` do the same kind of work; if their `value`
 * is equal too (and `complete`), they are the same call.
 */
export interface Fingerprint {
  /** Readable, free of values: it is printed, and stable across runs. */
  readonly text: string;
  /** What is called, for a title. */
  readonly subject: string;
  /** A digest of the recorded values; undefined: no values are recorded. */
  readonly value?: string | undefined;
  /** Whether `value` covers all that was asked: no bind placeholders, no unseen body, no text cut short. */
  readonly complete: boolean;
  /** One call that already stands for many: `IN (…)`, several rows, several inputs. */
  readonly batch: boolean;
  /** 0: the span's name alone; 1: operation and target; 2: a statement, a URL or arguments. */
  readonly detail: 0 | 1 | 2;
  readonly writes: boolean;
  /** The table, collection, key space or host concerned. */
  readonly target?: string | undefined;
  /** Named values, digested or not, by which paging is told from other repetition. Never printed. */
  readonly parameters?: ReadonlyMap<string, string>;
}
