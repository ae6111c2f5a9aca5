import { noteCuts } from './content/cuts.ts';
import { contentLimits } from './content/settings.ts';
import { redactAndCut } from './redact/cut.ts';

/** JSON schemas of tools within a prompt are as deep as this. */
const MAX_DEPTH = 16;
const MAX_ITEMS = 256;
/** Texts are cut no shorter than this while there are others to share the room with. */
const MIN_TEXT = 256;
/** Punctuation, numbers and keys of a value, about. */
const VALUE_CHARS = 8;
/** What says that a text was cut. */
const MARK_CHARS = 32;

/** A text as it is, cut where it is longer than one value on a span may be. */
export function captureText(value: string): string {
  return textWithin(value, limitOfOne());
}

/**
 * A value as valid JSON of bounded size, cut where it is larger: long texts end in a mark that says how long they were,
 * lists keep their first and their last items. Runs no getter and no `toJSON`, so it has no effect on the host; works on
 * cycles, BigInt and hostile proxies.
 */
export function captureJson(value: unknown): string {
  return jsonWithin(value, limitOfOne());
}

/** Half of what a span may have, so that an answer has room beside its prompt. */
function limitOfOne(): number {
  return contentLimits().span >> 1;
}

export function textWithin(value: string, limit: number): string {
  if (value.length <= limit) return value;
  const cut = cutText(value, limit);
  noteCuts(cut, 1);
  return cut;
}

/** Texts share the room: none takes it all while others go without. */
export function jsonWithin(value: unknown, limit: number): string {
  for (let longest = limit; ; longest >>= 1) {
    const budget: Budget = { chars: limit, longest, cuts: 0, missing: 0, path: [] };
    const json = JSON.stringify(plain(value, budget)) ?? 'null';
    if (budget.missing > 0 && longest > MIN_TEXT) continue;
    if (budget.cuts > 0) noteCuts(json, budget.cuts);
    return json;
  }
}

interface Budget {
  chars: number;
  /** Of one text. */
  readonly longest: number;
  /** Places where something is left out. */
  cuts: number;
  /** Of those, where nothing is left for want of room. */
  missing: number;
  /** Objects on the way down to here: meeting one again is a cycle. */
  readonly path: object[];
}

/** Only for want of room shorter texts elsewhere would help. */
function leaveOut(budget: Budget, mark: string): string {
  budget.cuts++;
  if (budget.chars <= 0) budget.missing++;
  return mark;
}

function plain(value: unknown, budget: Budget): unknown {
  if (budget.chars <= 0) return leaveOut(budget, '[cut]');
  budget.chars -= VALUE_CHARS;
  if (typeof value === 'string') return text(value, budget);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object') return typeof value === 'function' ? '[function]' : String(value);
  try {
    return ofObject(value, budget);
  } catch {
    return '[unreadable]';
  }
}

function text(value: string, budget: Budget): string {
  const room = Math.max(0, Math.min(budget.chars - MARK_CHARS, budget.longest));
  let kept = value;
  if (value.length > Math.min(budget.chars, budget.longest)) {
    budget.cuts++;
    if (room * 2 < budget.longest) budget.missing++;
    kept = cutText(value, room);
  }
  let written = JSON.stringify(kept).length;
  // Quotes and control characters grow up to six times when written.
  if (written > budget.chars + 64 && kept.length > 64) {
    budget.cuts++;
    kept = cutText(value, Math.floor((room * kept.length) / written));
    written = JSON.stringify(kept).length;
  }
  budget.chars -= written;
  return kept;
}

function cutText(value: string, room: number): string {
  return redactAndCut(value, room, `… [${value.length} characters]`);
}

function ofObject(value: object, budget: Budget): unknown {
  if (budget.path.includes(value)) return '[circular]';
  if (budget.path.length >= MAX_DEPTH) return leaveOut(budget, '[deep]');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  budget.path.push(value);
  try {
    return Array.isArray(value) ? items(value, budget) : members(value, budget);
  } finally {
    budget.path.pop();
  }
}

/** The first, then from the last backwards: of a conversation, its instructions and what was said most recently. */
function items(list: readonly unknown[], budget: Budget): unknown[] {
  const tail: unknown[] = [];
  const head = list.length > 0 ? [plain(dataValue(list, 0), budget)] : [];
  let at = list.length - 1;
  for (; at > 0 && tail.length < MAX_ITEMS && budget.chars > 0; at--) tail.push(plain(dataValue(list, at), budget));
  if (at > 0) head.push(leaveOut(budget, `[${at} left out]`));
  return [...head, ...tail.reverse()];
}

function members(value: object, budget: Budget): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  let count = 0;
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue;
    if (count++ >= MAX_ITEMS || budget.chars <= 0) {
      kept['…'] = leaveOut(budget, '[more]');
      break;
    }
    Object.defineProperty(kept, text(key, budget), {
      value: plain(dataValue(value, key), budget),
      enumerable: true,
      configurable: true,
    });
  }
  return kept;
}

/** Own data only: a getter may be slow or have effects. */
function dataValue(holder: object, key: PropertyKey): unknown {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property === undefined || 'value' in property ? property?.value : '[getter]';
}
