import { isAlphanumeric, PAIRS, pairAt } from './characters.ts';
import { endOfToken, TOKEN_STARTS } from './tokens.ts';

/** What a text may hold, as bits. */
export const SUSPECT = {
  privateKey: 1,
  token: 2,
  /** An `@`, in a URL also as `%40`: of an e-mail address, or of a URL with a user. */
  at: 4,
  header: 8,
  /** A telling name with a value. */
  assignment: 16,
  number: 32,
  /** A host whose URLs are secrets. */
  webhook: 64,
} as const;

/** Per character of ASCII, what a look at it may lead to. From `GAP` on, a word may begin after it, as after `PLAIN`. */
const PLAIN = 0;
const DIGIT = 1;
const LETTER = 2;
const GAP = 3;
const SPECIAL = 4;
const ESCAPE = 5;

const KINDS = new Uint8Array(65_536);
for (let code = 0; code < 128; code++) if (isAlphanumeric(code)) KINDS[code] = code < 58 ? DIGIT : LETTER;
KINDS[32] = GAP;
KINDS[92] = ESCAPE;
for (const char of '-@~:=>%') KINDS[char.charCodeAt(0)] = SPECIAL;

/** As many digits as a social security number has. */
const FEWEST_DIGITS = 9;

/** One look at each character, most of which lead no further. Misses nothing that one of the passes would replace. */
export function suspectsIn(text: string): number {
  let suspects = 0;
  let digits = 0;
  let before = PLAIN;
  let escapeAt = -8;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const kind = KINDS[code] as number;
    if (kind <= LETTER) {
      // After `\n` or `\u0000` a word may begin, though a letter comes before it.
      if (kind !== PLAIN && (before === PLAIN || before > LETTER || at - escapeAt === 2 || at - escapeAt === 6)) {
        suspects |= ofWord(text, at, suspects);
      }
      if (kind === DIGIT) {
        digits++;
        if (digits >= FEWEST_DIGITS || (digits === 2 && isIbanStart(text, at))) suspects |= SUSPECT.number;
      } else digits = 0;
    } else if (kind === SPECIAL) suspects |= ofSpecial(text, at, code, suspects);
    else if (kind === ESCAPE) escapeAt = at;
    before = kind;
  }
  return suspects;
}

function isIbanStart(text: string, at: number): boolean {
  return at > 2 && isUpper(text.charCodeAt(at - 2)) && isUpper(text.charCodeAt(at - 3));
}

function isUpper(code: number): boolean {
  return code > 64 && code < 91;
}

const HEADER_WORD = /bearer|basic|password {1,4}'|identified /iy;
const WEBHOOK_HOST = /hooks?\.|discord|webhook\.|maker\.|api\.telegram|chat\.googleapis/y;

const MAY_BE_TOKEN = 1;
const MAY_BE_HEADER = 2;
const MAY_BE_VERB = 4;
const MAY_BE_HOST = 8;

/** By the first two characters of a word, what it may be, so that most words cost one look. */
const WORDS = new Uint8Array(PAIRS);
for (const pair of TOKEN_STARTS) WORDS[pair] = MAY_BE_TOKEN;
mark('be bE Be BE ba bA Ba BA pa pA Pa PA id iD Id ID', MAY_BE_HEADER);
mark('is iS Is IS', MAY_BE_VERB);
mark('ho di we ma ap ch', MAY_BE_HOST);

function mark(starts: string, what: number): void {
  for (const start of starts.split(' ')) WORDS[pairAt(start, 0)]! |= what;
}

/** What is suspected already is not looked for again: so no text is long to look at, whatever it is. */
function ofWord(text: string, at: number, known: number): number {
  const may = WORDS[pairAt(text, at)] as number;
  if (may === 0) return 0;
  let suspects = 0;
  if ((may & MAY_BE_TOKEN) !== 0 && (known & SUSPECT.token) === 0 && endOfToken(text, at) > 0) {
    suspects |= SUSPECT.token;
  }
  if ((may & MAY_BE_HEADER) !== 0 && testsAt(HEADER_WORD, text, at)) suspects |= SUSPECT.header;
  // "The password is …"
  if ((may & MAY_BE_VERB) !== 0) suspects |= ofName(text, at, known);
  if ((may & MAY_BE_HOST) !== 0 && testsAt(WEBHOOK_HOST, text, at)) suspects |= SUSPECT.webhook;
  return suspects;
}

function testsAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at;
  return sticky.test(text);
}

const OPTION = /--[\w-]{0,48}(?:pass|pwd|secret|token|auth|cookie|cred|key|cvv|cvc|ssn|otp|conn|user)/iy;

function ofSpecial(text: string, at: number, code: number, known: number): number {
  switch (code) {
    case 64: // @
      return SUSPECT.at;
    case 37: // %
      return text.startsWith('40', at + 1) ? SUSPECT.at : 0;
    case 126: // ~
      return at > 0 && text.charCodeAt(at - 1) === 81 ? SUSPECT.token : 0;
    case 45: // -
      return ofHyphen(text, at);
    case 58: // :
      if (text.startsWith('AA', at + 1)) return SUSPECT.token | ofName(text, at, known);
      return ofName(text, at, known);
    default:
      return ofName(text, at, known);
  }
}

function ofHyphen(text: string, at: number): number {
  const next = text.charCodeAt(at + 1);
  if (next === 45) {
    if (text.startsWith('-----BEGIN', at)) return SUSPECT.privateKey;
    return testsAt(OPTION, text, at) ? SUSPECT.assignment | SUSPECT.header : 0;
  }
  if (next !== 117 && next !== 85) return 0;
  return text.charCodeAt(at + 2) === 115 ? SUSPECT.token : SUSPECT.header;
}

function ofName(text: string, at: number, known: number): number {
  return (known & SUSPECT.assignment) === 0 && followsName(text, at) ? SUSPECT.assignment : 0;
}

/** Ends of the names that `redactAssignments` and `redactUrls` look for. */
const NAME =
  /(?:pass(?:w(?:or)?[dt]|phrase|code)?|pwd?|secrets?|token|auth(?:orization)?|cookies?|credentials?|cvv2?|cvc|ssn|t?otp|key(?:_?(?:id|value))?|string|str|sig(?:n(?:ature)?)?|url|verifier|assertion|sid|sessionid|jwt|request|response|value)$/i;
const LAST_LETTERS = new Uint8Array(128);
for (const char of 'sdteyhnlvc2pgrw') {
  LAST_LETTERS[char.charCodeAt(0)] = 1;
  LAST_LETTERS[char.toUpperCase().charCodeAt(0)] = 1;
}
const MAX_NAME_END = 16;
/** Blanks, quotes, backslashes and a bracket between a name and what follows it. */
const MAX_BETWEEN = 16;

function followsName(text: string, at: number): boolean {
  let end = at;
  for (let i = 0; i < MAX_BETWEEN && end > 0 && isBetween(text.charCodeAt(end - 1)); i++) end--;
  if (end === 0) return false;
  const last = text.charCodeAt(end - 1);
  if (last > 127 || LAST_LETTERS[last] === 0) return false;
  return NAME.test(text.slice(Math.max(0, end - MAX_NAME_END), end));
}

const BETWEEN = new Uint8Array(128).fill(1, 0, 33);
for (const char of '"\'`]\\:') BETWEEN[char.charCodeAt(0)] = 1;

function isBetween(code: number): boolean {
  return code < 128 ? BETWEEN[code] === 1 : /\s/.test(String.fromCharCode(code));
}
