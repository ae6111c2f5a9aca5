import type { JaegerTag } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import type { OtlpAttribute, OtlpValue } from './otlp-types.ts';

/** Tags that stand for a field of OTLP. */
export interface TakenTags {
  kind?: string;
  isError?: true;
  statusCode?: string;
  statusMessage?: string;
  scopeName?: string;
  scopeVersion?: string;
  libraryName?: string;
  libraryVersion?: string;
  traceState?: string;
  spanFormat?: string;
}

type TakenText = Exclude<keyof TakenTags, 'isError'>;

/** `library` is what `scope` was called before OpenTelemetry 1.10. */
const TAKEN: ReadonlyMap<string, TakenText | 'isError'> = new Map([
  ['span.kind', 'kind'],
  ['error', 'isError'],
  ['otel.status_code', 'statusCode'],
  ['otel.status_description', 'statusMessage'],
  ['otel.scope.name', 'scopeName'],
  ['otel.scope.version', 'scopeVersion'],
  ['otel.library.name', 'libraryName'],
  ['otel.library.version', 'libraryVersion'],
  ['w3c.tracestate', 'traceState'],
  ['internal.span.format', 'spanFormat'],
]);

/** A span's tags: those that stay attributes, in their order, and those taken out, the first of each. */
export function sortTags(tags: unknown): { readonly attributes: OtlpAttribute[]; readonly taken: TakenTags } {
  const taken: TakenTags = {};
  const attributes: OtlpAttribute[] = [];
  for (const attribute of toAttributes(tags)) if (!take(taken, attribute)) attributes.push(attribute);
  return { attributes, taken };
}

function take(taken: TakenTags, { key, value }: OtlpAttribute): boolean {
  const member = TAKEN.get(key);
  if (member === undefined || value === undefined || taken[member] !== undefined) return false;
  const text = value.stringValue;
  if (member === 'isError') {
    if (value.boolValue !== true && text !== 'true') return false;
    taken.isError = true;
  } else {
    if (text === undefined) return false;
    taken[member] = text;
  }
  return true;
}

/** Tags as attributes, in their order; what has no key is left out. */
export function toAttributes(tags: unknown): OtlpAttribute[] {
  const attributes: OtlpAttribute[] = [];
  for (const tag of Array.isArray(tags) ? (tags as readonly unknown[]) : []) {
    if (!isFields(tag) || typeof tag.key !== 'string') continue;
    const value = tagValue(tag);
    attributes.push(value === undefined ? { key: tag.key } : { key: tag.key, value });
  }
  return attributes;
}

/** By the tag's type, as far as its value is of that type, else by the value's own. */
function tagValue({ type, value }: JaegerTag): OtlpValue | undefined {
  if (typeof value === 'string') return textValue(type, value);
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && type !== 'float64' ? { intValue: String(value) } : { doubleValue: value };
  }
  return value === undefined || value === null ? undefined : { stringValue: JSON.stringify(value) };
}

function textValue(type: unknown, text: string): OtlpValue {
  if (type === 'bool' && (text === 'true' || text === 'false')) return { boolValue: text === 'true' };
  if (type === 'int64' && /^-?\d{1,19}$/.test(text)) return { intValue: text };
  if (type === 'float64' && isFloat(text)) return { doubleValue: floatOf(text) };
  return type === 'binary' ? { bytesValue: text } : { stringValue: text };
}

function isFloat(text: string): boolean {
  return /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/.test(text);
}

/** JSON has no word for the last three; OTLP writes them as text. */
function floatOf(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}
