import { isAlphanumeric, isWordStart, pairAt } from './characters.ts';
import { REDACTED, type Redactor, replaceFound, type Tally, WORD_START } from './rule.ts';

/** Keys that say by their beginning whose they are, by their first two characters. */
const PREFIXED: readonly (readonly [starts: string, pattern: string])[] = [
  // OpenAI, Anthropic, OpenRouter, Langfuse, DeepSeek, Stripe, Pinecone and those that do as they do.
  ['sk pk', '[ps]k-[A-Za-z0-9_-]{16,}'],
  ['sk pk rk pc cs', '(?:[prs]k|pcsk|csk)[-_](?:live_|test_|prod_)?[A-Za-z0-9_]{16,}'],
  ['wh', 'whsec_[A-Za-z0-9+/=]{16,}'],
  ['AI', 'AIza[A-Za-z0-9_-]{30,}'],
  ['ya', 'ya29\\.[A-Za-z0-9_-]{16,}'],
  ['GO', 'GOCSPX-[A-Za-z0-9_-]{16,}'],
  ['AK AS AB AC', 'A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])'],
  ['AB', 'ABSK[A-Za-z0-9+/=]{40,}'],
  ['be', 'bedrock-api-key-[A-Za-z0-9+/=]{16,}'],
  ['gh', 'gh[opsur]_[A-Za-z0-9]{20,}'],
  ['gi', 'github_pat_[A-Za-z0-9_]{20,}'],
  ['gl', 'gl(?:pat|ptt|dt|rt|oas|ft|imt|agent|cbt|soat|ffct)-[A-Za-z0-9_.-]{16,}'],
  ['gl', 'gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}'],
  ['xo', 'xox[a-z](?:\\.[a-z]{1,8})?-[A-Za-z0-9-]{10,}'],
  ['xa', 'xapp-[A-Za-z0-9-]{10,}'],
  ['SK AC', '(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['SG', 'SG\\.[A-Za-z0-9_-]{16,}\\.?[A-Za-z0-9_-]*'],
  ['ke', 'key-[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['np', 'npm_[A-Za-z0-9]{30,}'],
  ['py', 'pypi-[A-Za-z0-9_-]{16,}'],
  ['hf ap', '(?:hf|api_org)_[A-Za-z0-9]{20,}'],
  ['r8', 'r8_[A-Za-z0-9]{30,}'],
  ['gs', 'gsk_[A-Za-z0-9]{20,}'],
  ['xa pp tv nv pu', '(?:xai|pplx|tvly|nvapi|pul)-[A-Za-z0-9_-]{20,}'],
  ['pa', 'pa-[A-Za-z0-9_-]{40,}'],
  ['AQ', 'AQ\\.Ab[A-Za-z0-9_-]{30,}'],
  ['tg', 'tgp_v1_[A-Za-z0-9_-]{30,}'],
  ['fw', 'fw_[A-Za-z0-9]{22,}'],
  ['fc', 'fc-[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['se', 'secret_[A-Za-z0-9]{40,}'],
  ['ls', 'lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}'],
  ['do', 'do[opr]_v1_[0-9a-f]{32,}'],
  ['da', 'dapi[0-9a-f]{32}'],
  ['sh', 'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}'],
  ['li', 'lin_(?:api|oauth)_[A-Za-z0-9]{20,}'],
  ['nt', 'ntn_[A-Za-z0-9]{20,}'],
  ['AT', 'ATATT[A-Za-z0-9_=-]{20,}'],
  ['hv', 'hv[sb]\\.[A-Za-z0-9_-]{20,}'],
  ['sb', 'sb(?:p|_secret)_[A-Za-z0-9_-]{20,}'],
  ['dp', 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{20,}'],
  ['NR', 'NRAK-[A-Z0-9]{20,}'],
  ['sn', 'sntry[su]_[A-Za-z0-9_=+/]{20,}'],
  ['AG', 'AGE-SECRET-KEY-1[A-Z0-9]{20,}'],
  ['sq', 'sq0[a-z]{3}-[A-Za-z0-9_-]{20,}'],
  ['pa', 'pat[A-Za-z0-9]{14}\\.[0-9a-f]{32,}'],
  ['fi', 'figd_[A-Za-z0-9_-]{20,}'],
  ['PM', 'PMAK-[A-Za-z0-9-]{20,}'],
  ['Fl', 'FlyV1 [A-Za-z0-9_=+/,-]{20,}'],
  ['ji e2', '(?:jina|e2b)_[A-Za-z0-9_]{20,}'],
  ['dc', 'dckr_[po]at_[A-Za-z0-9_-]{20,}'],
  ['ru', 'rubygems_[0-9a-f]{32,}'],
  ['ps', 'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{20,}'],
  ['vc', 'vc[apkri]_[A-Za-z0-9]{20,}'],
  ['at', 'atlasv1\\.[A-Za-z0-9_-]{40,}'],
  // Mapbox.
  ['sk pk', '[ps]k\\.eyJ[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{10,}'],
  // Discord's bots: their id in base64, a time, a signature.
  ['MD MT Mj Mz ND NT Nj Nz OD OT Oj Oz', '[MNO][A-Za-z0-9]{22,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,}'],
  // JSON Web Tokens: three parts, or five where encrypted.
  ['ey', 'eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,4}'],
];

/** Those that no prefix tells: of Mailchimp, Telegram's bots and Azure's client secrets. */
const OTHERS = new RegExp(
  `${WORD_START}(?:[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])|\\d{8,10}:AA[A-Za-z0-9_-]{30,}|[A-Za-z0-9_~.-]{3}\\dQ~[A-Za-z0-9_~.-]{30,})`,
  'g',
);

const BY_START = new Map<number, RegExp>();

for (const [starts] of PREFIXED) {
  for (const start of starts.split(' ')) {
    const patterns = PREFIXED.filter(([other]) => other.split(' ').includes(start)).map(([, pattern]) => pattern);
    BY_START.set(pairAt(start, 0), new RegExp(patterns.join('|'), 'y'));
  }
}

/** `pairAt` of the first two characters of keys. */
export const TOKEN_STARTS: readonly number[] = [...BY_START.keys()];

/** Where a key ends that begins here; 0 where none does. */
export function endOfToken(text: string, at: number): number {
  const pattern = BY_START.get(pairAt(text, at));
  if (pattern === undefined) return 0;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : 0;
}

export const redactTokens: Redactor = (text, tally) =>
  replaceFound(redactPrefixed(text, tally), OTHERS, tally, () => '[redacted key]');

function redactPrefixed(text: string, tally: Tally): string {
  let kept = '';
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isAlphanumeric(text.charCodeAt(at)) || !isWordStart(text, at)) continue;
    const end = endOfToken(text, at);
    if (end === 0) continue;
    if (isToken(text.slice(at, end))) {
      kept += `${text.slice(from, at)}[redacted key]`;
      from = end;
      tally.redacted++;
    }
    // What is no key is passed over whole, so that no part is looked at twice.
    at = end - 1;
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** Words of small letters, with a short number each at most. */
const WORDS = /^[a-z]+(?:[-_.](?:[a-z]{1,14}\d{0,3}|\d{1,8}))+$/;

/** Names of packages, models, constraints, classes and files begin alike, but are words. */
function isToken(found: string): boolean {
  if (found.startsWith('eyJ')) return found.split('.').length >= 3;
  if (/\d/.test(found.slice(3))) return !WORDS.test(found);
  // Without a digit by chance. In names made of words, far fewer letters are capitals.
  const letters = /[A-Za-z]{20,}/.exec(found.slice(3))?.[0] ?? '';
  const capitals = letters.replace(/[a-z]/g, '').length / letters.length;
  return capitals > 0.25 && capitals < 0.75;
}

const HEADER = new RegExp(
  `${WORD_START}(?:bearer(?: |%20|\\+|: ?)[A-Za-z0-9+/=._~-]{6,}|basic(?: |%20|\\+)[A-Za-z0-9+/=_-]{4,}|(?:-u|--user)[ =][^\\s"'\\\\:]{1,128}:[^\\s"'\\\\]+|(?:password|identified(?: with [\\w"\`]{1,32})? by) {1,4}'[^'\\\\]{1,128}')`,
  'gi',
);

/** What a request says who it is by, in headers and on the command line of `curl`; passwords in statements of SQL. */
export const redactHeaders: Redactor = (text, tally) =>
  replaceFound(text, HEADER, tally, (found) => {
    if (found.endsWith("'")) return inStatement(found);
    const at = /^[^ %+:=]+(?: |%20|\+|: ?|=)/.exec(found)?.[0].length ?? 0;
    const value = found.slice(at);
    if (!isCredential(found.charAt(1).toLowerCase(), value)) return undefined;
    return found.slice(0, at) + REDACTED;
  });

/** `PASSWORD '…'`, `IDENTIFIED BY '…'`, unless a placeholder stands there. */
function inStatement(found: string): string | undefined {
  const start = found.lastIndexOf("'", found.length - 2) + 1;
  return '[$:@?%{'.includes(found.charAt(start)) ? undefined : `${found.slice(0, start)}${REDACTED}'`;
}

function isCredential(second: string, value: string): boolean {
  if (second === 'e') return /\d/.test(value) || (value.length >= 20 && /[A-Z]/.test(value));
  if (second === 'a') return isUserAndPassword(value);
  return !/^\d+:\d+$/.test(value) && !value.endsWith(REDACTED);
}

/** Base64 of `user:password`. */
function isUserAndPassword(value: string): boolean {
  try {
    return atob(value.replace(/-/g, '+').replace(/_/g, '/')).includes(':');
  } catch {
    return false;
  }
}

const EMAIL =
  /(?<=^|[^\w\\]|\\[bfnrt]|\\u[0-9a-fA-F]{4})\w[\w.+-]{0,63}(?:@|%40)(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}/g;
/** `icon@2x.png`, `git@host:repository`. */
const NO_EMAIL = /^git@|\.(?:png|jpe?g|gif|webp|svg|avif|ico|js|ts|jsx|tsx|mjs|cjs|css|json)$/i;

export const redactEmails: Redactor = (text, tally) =>
  text.includes('@') || text.includes('%40')
    ? replaceFound(text, EMAIL, tally, (found) => (NO_EMAIL.test(found) ? undefined : '[redacted email]'))
    : text;
