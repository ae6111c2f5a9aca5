import type { Incomplete } from '../call.ts';
import { ATTR } from '../semconv.ts';
import { telemetryFailed } from '../telemetry-errors.ts';

/** What is asked of a span that has started. */
export interface OpenSpan {
  setAttribute(key: string, value: string): unknown;
  end(): void;
}

/** A program that never ends its spans must not grow for that. */
const MAX_OPEN = 65_536;

/** The spans of one provider that have started and not ended, whoever started them. */
export class OpenSpans {
  readonly #open = new Set<OpenSpan>();

  started(span: OpenSpan): void {
    if (this.#open.size < MAX_OPEN) this.#open.add(span);
  }

  ended(span: object): void {
    this.#open.delete(span as OpenSpan);
  }

  /** Ends them, marked as cut off. Innermost first: a parent never ends before its children. */
  endAll(why: Incomplete): void {
    for (const span of [...this.#open].reverse()) {
      try {
        span.setAttribute(ATTR.incomplete, why);
        span.end();
      } catch (error) {
        telemetryFailed(error);
      }
    }
    this.#open.clear();
  }
}
