import type { JaegerTag } from './jaeger-types.ts';
import { isFields } from './json-values.ts';
import type { OtlpAttribute, OtlpValue } from './otlp-types.ts';

/** Tags as attributes, in their order. What has no key is left out. */
export function tagsToAttributes(tags: unknown): OtlpAttribute[] {
  if (!Array.isArray(tags)) return [];
  const attributes: OtlpAttribute[] = [];
  for (const tag of tags as readonly unknown[]) {
    if (!isFields(tag) || typeof tag.key !== 'string') continue;
    const value = tagValue(tag);
    attributes.push(value === undefined ? { key: tag.key } : { key: tag.key, value });
  }
  return attributes;
}

/** By the tag's type, as far as its value is of that type, else by the value's own. */
function tagValue({ type, value }: JaegerTag): OtlpValue | undefined {
  const text = typeof value === 'string' ? value : undefined;
  if (type === 'bool' && (text === 'true' || text === 'false')) return { boolValue: text === 'true' };
  if (type === 'int64' && text !== undefined && /^-?\d{1,19}$/.test(text)) return { intValue: text };
  if (type === 'float64' && text !== undefined && isFloat(text)) return { doubleValue: floatOf(text) };
  if (type === 'binary' && text !== undefined) return { bytesValue: text };
  if (text !== undefined) return { stringValue: text };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && type !== 'float64' ? { intValue: String(value) } : { doubleValue: value };
  }
  return value === undefined || value === null ? undefined : { stringValue: JSON.stringify(value) };
}

function isFloat(text: string): boolean {
  return /^(NaN|-?Infinity|-?\d+(\.\d+)?([eE][-+]?\d+)?)$/.test(text);
}

/** JSON has no word for the last three; OTLP writes them as text. */
function floatOf(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text;
}
