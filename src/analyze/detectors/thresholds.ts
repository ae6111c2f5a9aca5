import type { Category } from './types.ts';

/** Every number that a rule compares with, under `<id>.<name>`. Milliseconds where the name says so. */
const DEFAULTS = {
  'n_plus_one.minCount': 5,
  'n_plus_one.minSumMs': 100,
  'n_plus_one.minMeanMs': 1,
  'n_plus_one.minBatchCount': 10,
  'n_plus_one.cousinDepth': 3,
  'n_plus_one.twinSlackMs': 1,
  'redundant_call.minCount': 5,
  'redundant_call.minSumMs': 100,
  'redundant_call.minMeanMs': 1,
  'retry_storm.minAttempts': 3,
  'polling.minCount': 3,
  'polling.minGapRatio': 2,
  'tool_loop.minCount': 3,
  'ping_pong.maxPeriod': 6,
  'ping_pong.minRepeats': 3,
  'chatty_mcp.minCount': 2,
  'intended_fanout.minOverlap': 1.5,
  'worker_pool.minCount': 6,
  'worker_pool.maxGapMs': 5,
} as const;

export type ThresholdKey = keyof typeof DEFAULTS;
type ThresholdValues = Readonly<Partial<Record<ThresholdKey, number>>>;

const PER_CATEGORY: Readonly<Partial<Record<Category, ThresholdValues>>> = {
  db: { 'n_plus_one.minSumMs': 50, 'redundant_call.minSumMs': 50 },
  tool: { 'n_plus_one.minCount': 3, 'redundant_call.minCount': 2 },
  mcp: { 'n_plus_one.minCount': 3, 'redundant_call.minCount': 2 },
  llm: {
    'n_plus_one.minCount': 3,
    'n_plus_one.minSumMs': 0,
    'redundant_call.minCount': 2,
    'redundant_call.minSumMs': 0,
  },
  embedding: {
    'n_plus_one.minCount': 3,
    'n_plus_one.minSumMs': 0,
    'redundant_call.minCount': 2,
    'redundant_call.minSumMs': 0,
  },
};

const CATEGORIES: ReadonlySet<string> = new Set<Category>([
  'db',
  'http',
  'rpc',
  'messaging',
  'tool',
  'llm',
  'embedding',
  'retrieval',
  'mcp',
  'unknown',
]);

/** What a user changes: for all calls, for a category, for one fingerprint (as reports print it). */
export interface ThresholdOverrides {
  readonly all?: ThresholdValues;
  readonly categories?: Readonly<Partial<Record<Category, ThresholdValues>>>;
  readonly fingerprints?: Readonly<Record<string, ThresholdValues>>;
}

/** The number that holds for a call: its fingerprint's, else its category's, else the one for all, else the default. */
export interface Thresholds {
  of(key: ThresholdKey, category?: Category, fingerprint?: string): number;
}

export const DEFAULT_THRESHOLDS: Thresholds = thresholdsWith({});

export function thresholdsWith(overrides: ThresholdOverrides): Thresholds {
  const fingerprints = new Map(Object.entries(overrides.fingerprints ?? {}));
  return {
    of(key, category, fingerprint) {
      const chosen = fingerprint === undefined ? undefined : fingerprints.get(fingerprint)?.[key];
      if (chosen !== undefined) return chosen;
      const inCategory = category === undefined ? undefined : overrides.categories?.[category]?.[key];
      if (inCategory !== undefined) return inCategory;
      const usual = category === undefined ? undefined : PER_CATEGORY[category]?.[key];
      return overrides.all?.[key] ?? usual ?? DEFAULTS[key];
    },
  };
}

/**
 * Thresholds from a user's document `{ all?, categories?, fingerprints? }`, or an error that names what is wrong: an
 * unknown key or category, a value that is no number or below zero.
 */
export function readThresholds(document: unknown): Thresholds | Error {
  const problem = problemIn(document);
  return problem === undefined ? thresholdsWith(document as ThresholdOverrides) : new Error(problem);
}

function problemIn(document: unknown): string | undefined {
  if (!isRecord(document)) return 'thresholds must be an object with "all", "categories" or "fingerprints"';
  for (const [part, value] of Object.entries(document)) {
    if (part !== 'all' && part !== 'categories' && part !== 'fingerprints') {
      return `unknown member "${part}" of thresholds; known are "all", "categories" and "fingerprints"`;
    }
    const problem = part === 'all' ? problemInValues(part, value) : problemInGroup(part, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemInGroup(part: 'categories' | 'fingerprints', group: unknown): string | undefined {
  if (!isRecord(group)) return `thresholds.${part} must be an object`;
  for (const [name, values] of Object.entries(group)) {
    if (part === 'categories' && !CATEGORIES.has(name)) {
      return `unknown category "${name}" in thresholds; known are ${[...CATEGORIES].join(', ')}`;
    }
    const problem = problemInValues(`${part}.${name}`, values);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemInValues(where: string, values: unknown): string | undefined {
  if (!isRecord(values)) return `thresholds.${where} must be an object of numbers`;
  for (const [key, value] of Object.entries(values)) {
    if (!Object.hasOwn(DEFAULTS, key))
      return `unknown threshold "${key}" in ${where}; known are ${Object.keys(DEFAULTS).join(', ')}`;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
      return `threshold "${key}" in ${where} must be a number of at least 0, not ${JSON.stringify(value)}`;
    }
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
