/** Looking into values of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value itself, or the first element of an array. */
export function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}

/** Whether the value is an object with any of the members. */
export function hasAny(value: unknown, ...members: readonly string[]): value is Fields {
  return isFields(value) && members.some((member) => Object.hasOwn(value, member));
}

/** Whether the value is an object with all of the members. */
export function hasAll(value: unknown, ...members: readonly string[]): value is Fields {
  return isFields(value) && members.every((member) => Object.hasOwn(value, member));
}
