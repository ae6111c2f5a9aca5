import type { RecordedResource, RecordedSpan } from './recorded-span.ts';
import { remove } from './recovery.ts';
import type { Segment, Spool } from './spool.ts';

const MAX_SPANS = 4096;

/**
 * Spans that end while parts of their resource are still being found out (the host, the cloud), as happens within the
 * first moments of a program. They are on disk as they are; delivered they will be with the whole resource.
 */
export class EarlySpans {
  readonly #spool: Spool;
  readonly #release: (span: RecordedSpan) => void;
  readonly #waits = new Map<RecordedResource, Promise<void>>();
  #spans: RecordedSpan[] = [];
  #segment: Segment | undefined;

  constructor(spool: Spool, release: (span: RecordedSpan) => void) {
    this.#spool = spool;
    this.#release = release;
  }

  get size(): number {
    return this.#spans.length;
  }

  /** False where the span need not wait. */
  take(span: RecordedSpan, line: () => string): boolean {
    const { resource } = span;
    if (!resource.asyncAttributesPending || resource.waitForAsyncAttributes === undefined) return false;
    if (this.#spans.length >= MAX_SPANS) return false;
    if (!this.#waits.has(resource)) {
      const done = () => this.#known(resource);
      this.#waits.set(resource, Promise.resolve(resource.waitForAsyncAttributes()).then(done, done));
    }
    this.#segment ??= this.#spool.open();
    this.#segment?.write(line());
    this.#spans.push(span);
    return true;
  }

  /** Settles when nothing waits any more. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#waits.values());
  }

  #known(resource: RecordedResource): void {
    this.#waits.delete(resource);
    if (this.#waits.size === 0) this.releaseAll();
  }

  /** Now, with what is known by now. */
  releaseAll(): void {
    const spans = this.#spans;
    const segment = this.#segment;
    this.#spans = [];
    this.#segment = undefined;
    for (const span of spans) this.#release(span);
    segment?.close();
    if (segment !== undefined) remove(segment.path);
  }
}
