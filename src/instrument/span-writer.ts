import type {
  Attributes,
  AttributeValue,
  Exception,
  Link,
  Span,
  SpanContext,
  SpanStatus,
  TimeInput,
} from '@opentelemetry/api';
import { CONTENT_ATTRIBUTES } from './content/attributes.ts';
import { SpanContent } from './content/budget.ts';
import { errorFacts } from './error-facts.ts';
import type { SafePlan } from './kinds.ts';
import { type Redact, redactAttributes, redactBy, redactValue } from './redact.ts';
import { ATTR } from './semconv.ts';

/**
 * A span to write to, that nothing secret gets through: every text is redacted before the span has it, and content has
 * its budget. What the program writes to its span by itself does not come this way.
 */
export class SpanWriter implements Span {
  readonly #span: Span;
  /** The wrapper's own. */
  readonly #redact: Redact | undefined;
  readonly #tally = { redacted: 0 };
  #content: SpanContent | undefined;

  constructor(span: Span, redact: Redact | undefined) {
    this.#span = span;
    this.#redact = redact;
  }

  /** What its plan left to be done. */
  begin({ content, redacted }: Pick<SafePlan, 'content' | 'redacted'>): void {
    this.#tally.redacted += redacted;
    if (content !== undefined) this.setAttributes(content);
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (typeof value !== 'string' && !Array.isArray(value)) {
      this.#span.setAttribute(key, value);
      return this;
    }
    const clean = redactValue(key, value, this.#tally, this.#redact);
    const admitted = typeof clean === 'string' && CONTENT_ATTRIBUTES.has(key) ? this.#admit(clean) : clean;
    if (admitted !== undefined) this.#span.setAttribute(key, admitted);
    return this;
  }

  #admit(content: string): string | undefined {
    if (!this.#span.isRecording()) return undefined;
    this.#content ??= new SpanContent(this.#span.spanContext().traceId);
    return this.#content.admit(content);
  }

  setAttributes(attributes: Attributes): this {
    for (const key of Object.keys(attributes)) {
      const value = attributes[key];
      if (value !== undefined) this.setAttribute(key, value);
    }
    return this;
  }

  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    const isTime = typeof attributes !== 'object' || Array.isArray(attributes) || attributes instanceof Date;
    const clean = isTime ? attributes : redactAttributes(attributes, this.#tally, this.#redact);
    this.#span.addEvent(redactBy(this.#redact, name, this.#tally), clean, time);
    return this;
  }

  addLink(link: Link): this {
    const { attributes } = link;
    const clean = attributes && redactAttributes(attributes, this.#tally, this.#redact);
    this.#span.addLink(clean === undefined ? link : { ...link, attributes: clean });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    const { code, message } = status;
    this.#span.setStatus(message ? { code, message: redactBy(this.#redact, message, this.#tally) } : status);
    return this;
  }

  updateName(name: string): this {
    this.#span.updateName(redactBy(this.#redact, name, this.#tally));
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const { className, message, stack } = errorFacts(exception);
    const attributes = { [ATTR.exceptionType]: className, [ATTR.exceptionMessage]: message };
    this.addEvent(
      'exception',
      stack === undefined ? attributes : { ...attributes, [ATTR.exceptionStack]: stack },
      time,
    );
  }

  /** What was taken out or left out, where anything was. */
  noteLosses(): void {
    const cuts = this.#content?.cuts ?? 0;
    if (this.#tally.redacted > 0) this.#span.setAttribute(ATTR.redacted, this.#tally.redacted);
    if (cuts > 0) this.#span.setAttribute(ATTR.truncated, cuts);
  }

  isRecording(): boolean {
    return this.#span.isRecording();
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }

  end(time?: TimeInput): void {
    this.#span.end(time);
  }
}
