import { setUserRedact } from '../redact.ts';

/** What of content is recorded by default, and how much of it. */
export interface CaptureOptions {
  /** Prompts and arguments. Default true. */
  readonly input?: boolean;
  /** Answers and results. Default true. */
  readonly output?: boolean;
  /** Characters of content on one span, as JSON (default 65,536). One value gets half of what is left. */
  readonly maxSpanChars?: number;
  /** Characters of content in one trace, as far as it is in this process (default 1,048,576). */
  readonly maxTraceChars?: number;
}

export interface ContentOptions {
  /**
   * Records content wherever a wrapper's own `captureInput` and `captureOutput` do not say otherwise. Default false. The
   * environment wins: `TRACE_ANALYZE_CAPTURE` (`true`, `false`, `input` or `output`), then
   * `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` (`true` or `false`). Off there is off everywhere.
   */
  readonly capture?: boolean | CaptureOptions;
  /**
   * Takes out of every text on a span what must not be on it, after keys, tokens, passwords and the like have been. May
   * see a text twice. Should it throw, nothing of the text is recorded.
   */
  readonly redact?: (text: string) => string;
}

interface Captured {
  readonly captureInput?: boolean | undefined;
  readonly captureOutput?: boolean | undefined;
}

interface Directions {
  readonly input: boolean;
  readonly output: boolean;
}

interface HasEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

const SPAN_CHARS = 65_536;
const TRACE_CHARS = 1_048_576;
const NOTHING: Directions = { input: false, output: false };

const fromEnvironment = readEnvironment();
let byDefault: Directions = NOTHING;
let limits = { span: SPAN_CHARS, trace: TRACE_CHARS };

/** Says what is recorded of content from now on; what is not given stays as it was. `init` does this, too. */
export function configureContent({ capture, redact }: ContentOptions): void {
  if (redact !== undefined) setUserRedact(redact);
  if (capture === undefined) return;
  const options = typeof capture === 'object' ? capture : { input: capture, output: capture };
  byDefault = { input: options.input ?? true, output: options.output ?? true };
  const { maxSpanChars, maxTraceChars } = options as CaptureOptions;
  limits = { span: charsOr(maxSpanChars, SPAN_CHARS), trace: charsOr(maxTraceChars, TRACE_CHARS) };
}

function charsOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise;
}

/** How many characters of content one span and one trace may have. */
export function contentLimits(): { readonly span: number; readonly trace: number } {
  return limits;
}

/** Whether arguments are recorded where a wrapper says this about it. */
export function capturesInput(own: boolean | undefined): boolean {
  if (fromEnvironment !== undefined) return fromEnvironment.input && own !== false;
  return own ?? byDefault.input;
}

export function capturesOutput(own: boolean | undefined): boolean {
  if (fromEnvironment !== undefined) return fromEnvironment.output && own !== false;
  return own ?? byDefault.output;
}

/** The options of an adapter, whose `captureInput` and `captureOutput` say what holds at the time of each call. */
export function withCaptureSetting<O extends Captured>(options: O): O {
  return Object.defineProperties(
    { ...options },
    {
      captureInput: { get: () => capturesInput(options.captureInput), enumerable: true },
      captureOutput: { get: () => capturesOutput(options.captureOutput), enumerable: true },
    },
  );
}

function readEnvironment(): Directions | undefined {
  try {
    const env = (globalThis as HasEnvironment).process?.env;
    const text = env?.TRACE_ANALYZE_CAPTURE || env?.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT;
    return directionsOf(text?.trim().toLowerCase() ?? '');
  } catch {
    // Deno asks for leave to read it, and may not get it.
    return undefined;
  }
}

/** What is written there in vain switches nothing on. `event_only` asks for what there is not. */
function directionsOf(text: string): Directions | undefined {
  if (text === '') return undefined;
  const isAll = ['true', '1', 'on', 'span_only', 'span_and_event'].includes(text);
  return { input: isAll || text === 'input', output: isAll || text === 'output' };
}
