import type { Trace } from '../model/trace.ts';

/** The first of these attributes that a span carries with a value; keys are given newest name first. */
export function firstAttribute(trace: Trace, span: number, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = trace.attribute(span, key);
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
