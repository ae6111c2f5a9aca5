import { jsonWithin, textWithin } from '../capture.ts';
import { takeCuts } from './cuts.ts';
import { contentLimits } from './settings.ts';
import { shareTexts } from './shared-texts.ts';

/** What one trace has of content so far, in this process. */
interface TraceContent {
  chars: number;
  /** Hashes of large texts that one of its spans carries. */
  readonly texts: Set<string>;
}

/** Traces and hashes that are remembered; the trace that is the longest without content is forgotten first. */
const MAX_TRACES = 512;
const MAX_TEXTS = 32_768;
/** Less than this says nothing. */
const MIN_CHARS = 64;

const traces = new Map<string, TraceContent>();
let texts = 0;

function contentOf(traceId: string): TraceContent {
  const known = traces.get(traceId);
  const content = known ?? { chars: 0, texts: new Set<string>() };
  if (known !== undefined) traces.delete(traceId);
  traces.set(traceId, content);
  while (traces.size > MAX_TRACES || (texts > MAX_TEXTS && traces.size > 1)) {
    const [oldest, { texts: hashes }] = traces.entries().next().value as [string, TraceContent];
    traces.delete(oldest);
    texts -= hashes.size;
  }
  return content;
}

/** What one span may still have of content, and what it could not have. */
export class SpanContent {
  /** Places where something was left out. */
  cuts = 0;
  readonly #traceId: string;
  #chars = 0;

  constructor(traceId: string) {
    this.#traceId = traceId;
  }

  /** The content as far as there is room for it, redacted already; undefined where there is none. */
  admit(value: string): string | undefined {
    const trace = contentOf(this.#traceId);
    const { span, trace: whole } = contentLimits();
    const room = Math.min(Math.ceil((span - this.#chars) / 2), whole - trace.chars);
    this.cuts += takeCuts(value);
    let { json, carried } = shareTexts(value, trace.texts);
    if (json.length > room) {
      this.cuts++;
      if (room < MIN_CHARS) return undefined;
      json = cutTo(json, room);
      takeCuts(json);
      carried = shareTexts(json, NONE).carried;
    }
    for (const hash of carried) {
      trace.texts.add(hash);
      texts++;
    }
    this.#chars += json.length;
    trace.chars += json.length;
    return json;
  }
}

const NONE: ReadonlySet<string> = new Set();

function cutTo(text: string, room: number): string {
  try {
    return jsonWithin(JSON.parse(text), room);
  } catch {
    return textWithin(text, room);
  }
}
