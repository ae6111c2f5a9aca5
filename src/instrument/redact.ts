import type { Attributes } from '@opentelemetry/api';
import { redactAssignments } from './redact/assignments.ts';
import { isSecretName } from './redact/names.ts';
import { redactNumbers } from './redact/numbers.ts';
import { redactPrivateKeys } from './redact/private-keys.ts';
import { REDACTED, type Redactor, type Tally } from './redact/rule.ts';
import { SUSPECT, suspectsIn } from './redact/suspicion.ts';
import { redactEmails, redactHeaders, redactTokens } from './redact/tokens.ts';
import { redactUrls } from './redact/urls.ts';
import { telemetryFailed } from './telemetry-errors.ts';

export type { Tally } from './redact/rule.ts';

/**
 * In an order that lets the more telling name win; later ones leave alone what earlier ones wrote. Each with what a text
 * has to be suspected of.
 */
const PASSES: readonly (readonly [suspects: number, pass: Redactor])[] = [
  [SUSPECT.privateKey, redactPrivateKeys],
  [SUSPECT.token, redactTokens],
  [SUSPECT.at | SUSPECT.webhook | SUSPECT.assignment, redactUrls],
  [SUSPECT.header, redactHeaders],
  [SUSPECT.assignment, redactAssignments],
  [SUSPECT.at, redactEmails],
  [SUSPECT.number, redactNumbers],
];

/** What is taken out may bring parts of the text together; this often at most. */
const MAX_ROUNDS = 4;

/** Of a card's check value with its name, of an e-mail address. */
const SHORTEST = 6;

let userRedact: Redact | undefined;

/** The user's own redaction, of every text that this package's has gone over. It may see a text more than once. */
export function setUserRedact(redact: Redact | undefined): void {
  userRedact = redact;
}

/**
 * A text without keys, tokens, passwords, e-mail addresses and numbers of cards, each replaced by a word in brackets.
 * JSON stays JSON; redacting twice changes nothing. Work is linear in the length. `tally` counts what was replaced.
 * Never throws: a text that cannot be redacted is not handed on.
 */
export function redactText(text: string, tally?: Tally): string {
  try {
    const clean = text.length < SHORTEST ? text : redactRounds(text, tally);
    return userRedact === undefined ? clean : byUser(userRedact, clean, tally);
  } catch (error) {
    telemetryFailed(error);
    if (tally !== undefined) tally.redacted++;
    return REDACTED;
  }
}

function redactRounds(text: string, tally: Tally = { redacted: 0 }): string {
  const suspects = suspectsIn(text);
  if (suspects === 0) return text;
  const clean = redactSuspect(text, suspects, tally);
  return clean === text || !LOOKS_LIKE_JSON.test(text) || isJson(clean) ? clean : redactJson(text, clean, tally);
}

function redactSuspect(text: string, suspects: number, tally: Tally): string {
  let before = text;
  for (let round = 0, left = suspects; round < MAX_ROUNDS && left !== 0; round++) {
    let after = before;
    for (const [needed, pass] of PASSES) if ((left & needed) !== 0) after = pass(after, tally);
    if (after === before) break;
    before = after;
    left = suspectsIn(after);
  }
  return before;
}

const LOOKS_LIKE_JSON = /^\s*[{["]/;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Where a quote of JSON was taken for one of a text: value by value. What was no JSON before need not be afterwards. */
function redactJson(text: string, clean: string, tally: Tally): string {
  if (!isJson(text)) return clean;
  return JSON.stringify(JSON.parse(text, (name, value) => redactMember(name, value, tally)));
}

function redactMember(name: string, value: unknown, tally: Tally): unknown {
  if (typeof value === 'string') return redactNamed(name, value, tally);
  if (typeof value === 'number') return isSecretName(name) ? 0 : value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [redactText(key, tally), member] as const);
  return Object.fromEntries(members);
}

function byUser(redact: Redact, text: string, tally: Tally | undefined): string {
  const clean: unknown = redact(text);
  if (typeof clean !== 'string') throw new TypeError('redact() has to return a string');
  if (clean !== text && tally !== undefined) tally.redacted++;
  return clean;
}

/** A wrapper's own redaction. */
export type Redact = (text: string) => string;

/** The same, and then a wrapper's own. */
export function redactBy(own: Redact | undefined, text: string, tally?: Tally): string {
  const clean = redactText(text, tally);
  if (own === undefined) return clean;
  try {
    return byUser(own, clean, tally);
  } catch (error) {
    telemetryFailed(error);
    if (tally !== undefined) tally.redacted++;
    return REDACTED;
  }
}

/** The value of an attribute, which may be a secret for its name alone. Other values than texts stay as they are. */
export function redactValue<T>(key: string, value: T, tally?: Tally, own?: Redact): T {
  if (typeof value === 'string') return redactNamed(key, value, tally, own) as T;
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => (typeof item === 'string' ? redactNamed(key, item, tally, own) : item)) as T;
}

export function redactAttributes(attributes: Attributes, tally?: Tally, own?: Redact): Attributes {
  const clean: Attributes = {};
  for (const key of Object.keys(attributes)) clean[key] = redactValue(key, attributes[key], tally, own);
  return clean;
}

/** A text with the name that it is kept under. */
export function redactNamed(name: string, text: string, tally?: Tally, own?: Redact): string {
  if (text === '' || text.startsWith('[redacted') || !isSecretName(name)) return redactBy(own, text, tally);
  if (tally !== undefined) tally.redacted++;
  return REDACTED;
}
