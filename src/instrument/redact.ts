import { redactAssignments } from './redact/assignments.ts';
import { isSecretName } from './redact/names.ts';
import { redactNumbers } from './redact/numbers.ts';
import { redactPrivateKeys } from './redact/private-keys.ts';
import { REDACTED, type Redactor, type Tally } from './redact/rule.ts';
import { redactEmails, redactHeaders, redactTokens } from './redact/tokens.ts';
import { redactUrls } from './redact/urls.ts';
import { telemetryFailed } from './telemetry-errors.ts';

export type { Tally } from './redact/rule.ts';

/** In an order that lets the more telling name win; later ones leave alone what earlier ones wrote. */
const PASSES: readonly Redactor[] = [
  redactPrivateKeys,
  redactTokens,
  redactUrls,
  redactHeaders,
  redactAssignments,
  redactEmails,
  redactNumbers,
];

/** What is taken out may bring parts of the text together; this often at most. */
const MAX_ROUNDS = 4;

const SHORTEST = 7;

/**
 * Whether a text may hold a secret at all. Most hold none, and this one look is all they cost. Has a hint for every
 * pass; a new rule needs one here.
 */
const HINT = new RegExp(
  [
    '[@~]|:\\\\?/\\\\?/|eyJ|-----BEGIN|\\d{13}|\\d{3}-\\d\\d-\\d{4}|\\d{4}[ -]\\d{4}|\\d[ -]\\d{6}[ -]\\d|[A-Z]{2}\\d\\d ?[A-Z0-9]{4}',
    '[Ss][Kk][-_]|[psr]k[-_]|AIza|ya29|GOCSPX|A[KSBC][IC]A|ABSK|gh[opsur]_|_pat_|gl[a-z]{2,6}-|glsa|glc_|xox|xapp|SK[\\da-f]{8}|AC[\\da-f]{8}|SG\\.',
    'key-|-us\\d|npm_|pypi-|hf_|r8_|xai-|pplx-|tvly-|lsv2|do[opr]_|dapi|shp[acps]|lin_|ntn_|ATATT|hv[sb]\\.|sb[p_]|dp\\.|NRAK',
    'sntry|SECRET|sq0|pat[A-Za-z\\d]{8}|figd|PMAK|pul-|FlyV1|nvapi|jina_|e2b_|whsec|\\d:AA|webhook|hooks',
    '[Pp][Aa][Ss][Ss]|[Pp][Ww][Dd]|[Ss]ecret|[Tt]oken|TOKEN|[Aa]uth|AUTH|[Cc]ookie|COOKIE|[Cc]redential|CREDENTIAL|[Kk]ey|KEY',
    '[Bb]earer|BEARER|[Bb]asic |BASIC |[Cc][Vv][VvCc]|[Ss][Ss][Nn]|[Oo][Tt][Pp]|[Cc]onnection|[?&;][Ss]ig|ignature|-u |--user',
  ].join('|'),
);

let userRedact: ((text: string) => string) | undefined;

/** The user's own redaction, of every text that this package's has gone over. It may see a text more than once. */
export function setUserRedact(redact: ((text: string) => string) | undefined): void {
  userRedact = redact;
}

/**
 * A text without keys, tokens, passwords, e-mail addresses and numbers of cards, each replaced by a word in brackets.
 * JSON stays JSON; redacting twice changes nothing. Work is linear in the length. `tally` counts what was replaced.
 * Never throws: a text that cannot be redacted is not handed on.
 */
export function redactText(text: string, tally?: Tally): string {
  try {
    const clean = text.length < SHORTEST || !HINT.test(text) ? text : redactRounds(text, tally);
    return userRedact === undefined ? clean : byUser(userRedact, clean, tally);
  } catch (error) {
    telemetryFailed(error);
    if (tally !== undefined) tally.redacted++;
    return REDACTED;
  }
}

function redactRounds(text: string, tally: Tally = { redacted: 0 }): string {
  let before = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let after = before;
    for (const pass of PASSES) after = pass(after, tally);
    if (after === before) break;
    before = after;
  }
  return before;
}

function byUser(redact: (text: string) => string, text: string, tally: Tally | undefined): string {
  const clean: unknown = redact(text);
  if (typeof clean !== 'string') throw new TypeError('redact() has to return a string');
  if (clean !== text && tally !== undefined) tally.redacted++;
  return clean;
}

/** The value of an attribute, which may be a secret for its name alone. Other values than texts stay as they are. */
export function redactAttribute<T>(key: string, value: T, tally?: Tally): T {
  if (typeof value === 'string') return redactNamed(key, value, tally) as T;
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) => (typeof item === 'string' ? redactNamed(key, item, tally) : item)) as T;
}

/** A text with the name that it is kept under. */
export function redactNamed(name: string, text: string, tally?: Tally): string {
  if (text === '' || text.startsWith('[redacted') || !isSecretName(name)) return redactText(text, tally);
  if (tally !== undefined) tally.redacted++;
  return REDACTED;
}
