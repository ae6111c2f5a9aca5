import { isKeyOfEnvironment, isSecretName } from './names.ts';
import { REDACTED, type Redactor } from './rule.ts';

/** The last word of a name, a quote that ends it, and what stands between it and its value. */
const NAME_END =
  /(?:pass(?:w(?:or)?[dt]|phrase|code)?|pwd|secrets?|token|auth(?:orization)?|cookies?|credentials?|cvv2?|cvc|ssn|t?otp|key(?:_?(?:id|value))?|conn(?:ection)?[_ ]?str(?:ing)?)((?:\\{0,7}["'`])?\]?)(\s{0,4}(?:=>|:=|[:=])\s{0,4}|\s{1,3}is:?\s{1,3}|\s{0,4},?\s{0,4}(?:\\{0,7}["'])?value(?:\\{0,7}["'])?\s{0,4}[:=]\s{0,4}|[ =>])/gi;
const OPENING = /(\\{0,7})(["'`])(?:\1\2\1\2)?/y;
/** As much of a value as it takes to tell whether it is one; the rest is only read where it is. */
const BARE_START = /[^\s"'`\\&;,<>(){}[\]|]{1,128}/y;
const BARE = /[^\s"'`\\&;,<>(){}[\]|]+/y;
const LINE_START = /[^\r\n"'`\\]{1,256}/y;
const LINE = /[^\r\n"'`\\]+/y;
/** Up to the end tag of XML. */
const ELEMENT = /[^\s"\\<>]{4,256}(?=<\/)/y;
/** What is neither `Bearer` nor `Basic` in an `Authorization` header: `token …`, `ApiKey …`. */
const OTHER_SCHEME = /([A-Za-z][\w-]{1,20} {1,2})[^\s"'`\\&;,<>(){}[\]|]{8,}/y;
const NAME_CHAR = /[\w.-]/;
const MAX_NAME = 48;

/** Words that stand where a value would, and placeholders. */
const NO_SECRET =
  /^(?:true|false|null|none|nil|undefined|string|number|boolean|bool|str|int|bytes|any|unknown|object|array|required|optional|yes|no|on|off|empty|missing|invalid|expired|not|is|the|a|an|and|or|x{3,}|\*+|\.+|-+)$|^(?:\$|%[A-Z_]+%|process\.env|os\.|env\.|import\.meta|this\.|self\.|\[redacted)/i;

/** One assignment: what it is called and how it is written. */
interface Assignment {
  readonly name: string;
  readonly separator: string;
  readonly isQuoted: boolean;
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly instead: string;
}

/**
 * `password=…`, `"apiKey": "…"`, `TOKEN='…'`, `--secret …`, `"name":"cookie","value":"…"`, `<password>…</password>`: in
 * JSON at any depth of escaping, code, environments, XML.
 */
export const redactAssignments: Redactor = (text, tally) => {
  let kept = '';
  let from = 0;
  NAME_END.lastIndex = 0;
  for (let found = NAME_END.exec(text); found !== null; found = NAME_END.exec(text)) {
    const at = NAME_END.lastIndex;
    const [, quote = '', separator = ''] = found;
    const name = nameBefore(text, found.index, at - separator.length - quote.length);
    const assignment = { name: name.replace(/^-+/, ''), separator, isQuoted: quote !== '' };
    if (!isAssigned(assignment, name)) continue;
    if (separator === '>' && text.charAt(at - 2 - name.length) !== '<') continue;
    const value = valueAt(text, at, assignment);
    if (value === undefined) continue;
    kept += text.slice(from, value.start) + value.instead;
    from = value.end;
    NAME_END.lastIndex = Math.max(at, from);
    tally.redacted++;
  }
  return from === 0 ? text : kept + text.slice(from);
};

function nameBefore(text: string, keyword: number, end: number): string {
  let start = keyword;
  while (start > 0 && keyword - start < MAX_NAME && NAME_CHAR.test(text.charAt(start - 1))) start--;
  // The letter of an escape: `\nTOKEN=`.
  if (text.charAt(start - 1) === '\\' && /[bfnrt]/.test(text.charAt(start))) start++;
  return text.slice(start, end);
}

/** A blank alone assigns only on a command line, the value of another field only where the name is one, too. */
function isAssigned({ name, separator, isQuoted }: Assignment, written: string): boolean {
  if (separator === ' ' && !written.startsWith('--')) return false;
  if (separator.includes('v') && !isQuoted) return false;
  return isSecretName(name) || (separator === '=' && isKeyOfEnvironment(name));
}

function valueAt(text: string, at: number, assignment: Assignment): Value | undefined {
  if (assignment.separator === '>') return wholeWord(text, at, ELEMENT);
  OPENING.lastIndex = at;
  const opening = OPENING.exec(text);
  if (opening !== null) {
    const start = OPENING.lastIndex;
    const end = endOfQuoted(text, start, opening[2] as string, (opening[1] as string).length);
    const value = text.slice(start, Math.min(end, start + 64));
    return value === '' || NO_SECRET.test(value) ? undefined : { start, end, instead: REDACTED };
  }
  const line = /cookie/i.test(assignment.name) ? wordAt(text, at, LINE_START) : '';
  if (line.includes('=') && !line.includes('[redacted')) {
    return { start: at, end: at + wordAt(text, at, LINE).length, instead: REDACTED };
  }
  if (/authorization$/i.test(assignment.name) && assignment.separator.includes(':')) {
    const header = wordAt(text, at, OTHER_SCHEME);
    const start = at + header.lastIndexOf(' ') + 1;
    const credential = header === '' ? undefined : wholeWord(text, start, BARE);
    if (credential !== undefined) return credential;
  }
  const value = wordAt(text, at, BARE_START);
  if (!isBareSecret(assignment, value, text.charAt(at + value.length))) return undefined;
  // A number in JSON stays one.
  const instead = assignment.isQuoted && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(value) ? '0' : REDACTED;
  return value === instead ? undefined : { start: at, end: at + wordAt(text, at, BARE).length, instead };
}

/** A word that has a digit, and is neither a placeholder nor a mere word. */
function wholeWord(text: string, start: number, word: RegExp): Value | undefined {
  const value = wordAt(text, start, word);
  if (!/\d/.test(value) || NO_SECRET.test(value)) return undefined;
  return { start, end: start + value.length, instead: REDACTED };
}

function wordAt(text: string, at: number, word: RegExp): string {
  word.lastIndex = at;
  return word.exec(text)?.[0] ?? '';
}

function isBareSecret({ name, separator, isQuoted }: Assignment, value: string, next: string): boolean {
  if (value === '' || NO_SECRET.test(value) || '([{'.includes(next || ' ')) return false;
  if (/^-?[\d.]+$/.test(value)) return /pass|pwd|cvv|cvc|ssn|otp|pin/i.test(name) && (isQuoted || value.length >= 3);
  // `password=password`, `token=user.token`: a variable.
  if (/^[A-Za-z_$][\w$.]*$/.test(value) && !/\d/.test(value) && isSecretName(value)) return false;
  if (separator === '=' || separator === ' ') return true;
  const least = /pass|pwd/i.test(name) ? 4 : 6;
  return value.length >= least && /[A-Za-z]/.test(value) && /[\d!@#$^*+/~]/.test(value);
}

/**
 * Where a quoted value ends: before its closing quote, one of a text around it, or the end of the text. In JSON within
 * JSON quotes have 1, 3, 7 … backslashes, and those of a backslash in the value come on top.
 */
function endOfQuoted(text: string, from: number, quote: string, depth: number): number {
  let slashes = 0;
  for (let i = from; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') {
      slashes++;
      continue;
    }
    if (char === quote && slashes % (2 * (depth + 1)) === depth) return i - depth;
    const isOuter = char === '"' && (slashes < depth || quote !== '"');
    if (isOuter || (quote === "'" && char === '\n')) return i - slashes;
    slashes = 0;
  }
  return text.length - slashes;
}
