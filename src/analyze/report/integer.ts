/** Whole nanoseconds of one or many traces; a bigint only where a number could not hold it (2^53 and more). */
export type Integer = number | bigint;
