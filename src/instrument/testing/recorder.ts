import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node';
import { compareTrees } from './assert-tree.ts';
import { type Ended, type RecordedSpan, recordedSpans } from './recorded-span.ts';
import { type Listener, listen, unlisten } from './registration.ts';
import { print, type TreeOptions, treeLines } from './tree.ts';

export interface RecorderOptions {
  /** Decides which spans are recorded; all by default. Of recorders that overlap, that of the latest counts for all. */
  readonly sampler?: Sampler;
}

export interface Recorder {
  /** The spans that have ended since the start or the last `clear`, in the order of their starts. */
  readonly spans: readonly RecordedSpan[];
  /** Those of them that have no recorded parent. */
  readonly roots: readonly RecordedSpan[];
  /** Names of the spans that have not ended. */
  readonly open: readonly string[];
  /** The one span of that name; throws, naming those there are, if there is not exactly one. */
  span(name: string): RecordedSpan;
  /** The spans as text: names, indented by depth, with what went wrong. */
  tree(options?: TreeOptions): string;
  /**
   * Throws an `AssertionError` with the difference, line by line, if the tree is another. Indentation that all lines
   * share and blank lines do not matter. `{key=value}` behind a name compares these attributes of that span.
   */
  assertTree(expected: string, options?: Omit<TreeOptions, 'attributes'>): void;
  /** Waits until no span is open; rejects, naming them, if some still are after `timeoutMs` (milliseconds, default 5000). */
  settled(timeoutMs?: number): Promise<void>;
  /** Forgets the spans that have ended. */
  clear(): void;
  /** Ends the recording. What was registered before the first recorder is put back with the last one. */
  stop(): void;
}

// Tests may put other timers in their place.
const { setTimeout, clearTimeout } = globalThis;
const now = performance.now.bind(performance);

/**
 * Records every span that is made from now on with the real SDK, of whatever instrumentation, in memory. Takes the place
 * of a provider that is registered already, until it is stopped.
 */
export function recorder(options: RecorderOptions = {}): Recorder {
  const recording = new Recording(options);
  listen(recording);
  return recording;
}

class Recording implements Recorder, Listener {
  readonly sampler: Sampler | undefined;
  readonly #open = new Map<string, { readonly span: ReadableSpan; readonly order: number }>();
  #ended: Ended[] = [];
  #known: readonly RecordedSpan[] | undefined;
  #started = 0;
  readonly #whenIdle = new Set<() => void>();

  constructor({ sampler }: RecorderOptions) {
    this.sampler = sampler;
  }

  started(span: ReadableSpan): void {
    this.#open.set(span.spanContext().spanId, { span, order: this.#started++ });
  }

  ended(span: ReadableSpan): void {
    const id = span.spanContext().spanId;
    const found = this.#open.get(id);
    // Started before this recording: it belongs to one around it.
    if (found === undefined) return;
    this.#open.delete(id);
    this.#ended.push({ span, order: found.order });
    this.#known = undefined;
    if (this.#open.size > 0) return;
    for (const wake of this.#whenIdle) wake();
    this.#whenIdle.clear();
  }

  get spans(): readonly RecordedSpan[] {
    this.#known ??= recordedSpans(this.#ended);
    return this.#known;
  }

  get roots(): readonly RecordedSpan[] {
    return this.spans.filter((span) => span.parent === undefined);
  }

  get open(): readonly string[] {
    return [...this.#open.values()].map(({ span }) => span.name);
  }

  span(name: string): RecordedSpan {
    const found = this.spans.filter((span) => span.name === name);
    if (found.length === 1) return found[0]!;
    const names = this.spans.map((span) => span.name).join(', ') || 'none';
    throw new Error(`${found.length} spans are named "${name}"; recorded: ${names}`);
  }

  tree(options: TreeOptions = {}): string {
    const lines = treeLines(this.spans, new Set(this.#open.keys()), options);
    return lines.map((line) => print(line, options.attributes ?? [])).join('\n');
  }

  assertTree(expected: string, options: Omit<TreeOptions, 'attributes'> = {}): void {
    compareTrees(treeLines(this.spans, new Set(this.#open.keys()), options), expected, this.open);
  }

  async settled(timeoutMs = 5000): Promise<void> {
    const deadline = now() + timeoutMs;
    do {
      await this.#idle(deadline - now(), timeoutMs);
      // What ended the last span may go on to start the next one.
      await new Promise((resolve) => setTimeout(resolve, 0));
    } while (this.#open.size > 0);
  }

  clear(): void {
    this.#ended = [];
    this.#known = undefined;
  }

  stop(): void {
    unlisten(this);
  }

  #idle(leftMs: number, timeoutMs: number): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const wake = () => {
        clearTimeout(timer);
        resolve();
      };
      const giveUp = () => {
        this.#whenIdle.delete(wake);
        reject(new Error(`still open after ${timeoutMs} ms: ${this.open.join(', ')}`));
      };
      const timer = setTimeout(giveUp, Math.max(0, leftMs));
      this.#whenIdle.add(wake);
    });
  }
}
