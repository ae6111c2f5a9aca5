import type { OtlpValue } from './otlp-types.ts';

/** Nested deeper, a value is left out. */
const MAX_DEPTH = 64;

/**
 * An attribute's value as text: strings as they are, numbers and booleans in their JSON form, arrays and maps as JSON
 * with every digit of an integer; bytes as base64. Undefined for no value.
 */
export function valueText(value: OtlpValue | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (typeof value.doubleValue === 'string') return value.doubleValue;
  if (typeof value.bytesValue === 'string') return value.bytesValue;
  const json = valueJson(value, 0);
  return json === 'null' ? undefined : json;
}

function valueJson(value: OtlpValue | undefined, depth: number): string {
  if (value === undefined || value === null || depth > MAX_DEPTH) return 'null';
  if (value.intValue !== undefined) return integerJson(value.intValue);
  if (value.arrayValue !== undefined) return arrayJson(value.arrayValue, depth);
  if (value.kvlistValue !== undefined) return mapJson(value.kvlistValue, depth);
  const plain = value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue;
  return typeof plain === 'object' || plain === undefined ? 'null' : JSON.stringify(plain);
}

function integerJson(value: string | number): string {
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return value;
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : 'null';
}

function arrayJson(array: NonNullable<OtlpValue['arrayValue']>, depth: number): string {
  const values = Array.isArray(array?.values) ? array.values : [];
  return `[${values.map((value) => valueJson(value, depth + 1)).join(',')}]`;
}

function mapJson(map: NonNullable<OtlpValue['kvlistValue']>, depth: number): string {
  const pairs = Array.isArray(map?.values) ? map.values : [];
  const members = pairs.map((pair) => `${JSON.stringify(String(pair?.key))}:${valueJson(pair?.value, depth + 1)}`);
  return `{${members.join(',')}}`;
}
