import type { PartyClass } from '../semantics/party.ts';

/** Who a span's time belongs to, and which rule (docs/third-party.md) said so. */
export interface Party {
  /** Host in lower case without port, else provider, else model, else `unknown`. */
  readonly name: string;
  /** The catalogue's name, else the registrable domain, else `name`. */
  readonly vendor: string;
  readonly class: PartyClass;
  readonly rule: string;
  readonly confidence: 'high' | 'medium' | 'low';
}

export type Bucket = 'party' | 'internal' | 'code' | 'wait' | 'untraced';

/** Totals are whole nanoseconds; spans are numbers of the trace. */
export interface PartyUse {
  readonly party: Party;
  /** The outer span of each call (twins counted once), by start. */
  readonly calls: readonly number[];
  readonly errors: number;
  readonly sumNs: number;
  /** Union of the calls, clipped to the window. */
  readonly wallNs: number;
  /** Of it, what no other party's calls overlap. */
  readonly exclusiveWallNs: number;
  /** Path time by R15. */
  readonly pathNs: number;
}

/** The third-party share of one trace. */
export interface ThirdParty {
  /** By name. */
  readonly parties: readonly PartyUse[];
  /** The party of each span that has one, else undefined. */
  partyOf(span: number): Party | undefined;
  /** One per segment of the critical path. */
  readonly buckets: readonly Bucket[];
  /** Totals over class `third_party` only. */
  readonly totals: { readonly calls: number; readonly sumNs: number; readonly wallNs: number; readonly pathNs: number };
  /** With the path time of the parties that are not internal: exactly the window. */
  readonly own: {
    readonly codeNs: number;
    readonly internalNs: number;
    readonly waitNs: number;
    readonly untracedNs: number;
  };
}
