import { REDACTED, type Redactor, replaceFound, WORD_START } from './rule.ts';

/** Keys that say by their beginning whose they are. */
const PREFIXED = [
  // OpenAI, Anthropic, OpenRouter, Langfuse, DeepSeek and those that do as they do.
  '[ps]k-[A-Za-z0-9_-]{16,}',
  '(?:[prs]k|pcsk|csk)[-_](?:live_|test_|prod_)?[A-Za-z0-9_]{16,}',
  'whsec_[A-Za-z0-9+/=]{16,}',
  'AIza[A-Za-z0-9_-]{30,}',
  'ya29\\.[A-Za-z0-9_-]{16,}',
  'GOCSPX-[A-Za-z0-9_-]{16,}',
  'A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  'ABSK[A-Za-z0-9+/=]{40,}',
  'bedrock-api-key-[A-Za-z0-9+/=]{16,}',
  'gh[opsur]_[A-Za-z0-9]{20,}',
  'github_pat_[A-Za-z0-9_]{20,}',
  'gl(?:pat|ptt|dt|rt|oas|ft|imt|agent|cbt|soat|ffct)-[A-Za-z0-9_.-]{16,}',
  'gl(?:sa|c)_[A-Za-z0-9_+/=]{20,}',
  'xox[a-z](?:\\.[a-z]{1,8})?-[A-Za-z0-9-]{10,}',
  'xapp-[A-Za-z0-9-]{10,}',
  '(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])',
  'SG\\.[A-Za-z0-9_-]{16,}\\.?[A-Za-z0-9_-]{0,}',
  'key-[0-9a-f]{32}(?![A-Za-z0-9])',
  '[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])',
  'npm_[A-Za-z0-9]{30,}',
  'pypi-[A-Za-z0-9_-]{16,}',
  '(?:hf|api_org)_[A-Za-z0-9]{20,}',
  'r8_[A-Za-z0-9]{30,}',
  'gsk_[A-Za-z0-9]{20,}',
  '(?:xai|pplx|tvly|nvapi|pul)-[A-Za-z0-9_-]{20,}',
  'lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}',
  'do[opr]_v1_[0-9a-f]{32,}',
  'dapi[0-9a-f]{32}',
  'shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}',
  'lin_(?:api|oauth)_[A-Za-z0-9]{20,}',
  'ntn_[A-Za-z0-9]{20,}',
  'ATATT[A-Za-z0-9_=-]{20,}',
  'hv[sb]\\.[A-Za-z0-9_-]{20,}',
  'sb(?:p|_secret)_[A-Za-z0-9_-]{20,}',
  'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9_.-]{20,}',
  'NRAK-[A-Z0-9]{20,}',
  'sntry[su]_[A-Za-z0-9_=+/]{20,}',
  'AGE-SECRET-KEY-1[A-Z0-9]{20,}',
  'sq0[a-z]{3}-[A-Za-z0-9_-]{20,}',
  'pat[A-Za-z0-9]{14}\\.[0-9a-f]{32,}',
  'figd_[A-Za-z0-9_-]{20,}',
  'PMAK-[A-Za-z0-9-]{20,}',
  'FlyV1 [A-Za-z0-9_=+/,-]{20,}',
  '(?:jina|e2b)_[A-Za-z0-9_]{20,}',
  // Telegram's bots.
  '\\d{8,10}:AA[A-Za-z0-9_-]{30,}',
  // Azure's client secrets.
  '[A-Za-z0-9_~.-]{3}\\dQ~[A-Za-z0-9_~.-]{30,}',
  // JSON Web Tokens: three parts, or five where encrypted.
  'eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){0,4}',
];

const TOKEN = new RegExp(`${WORD_START}(?:${PREFIXED.join('|')})`, 'g');

export const redactTokens: Redactor = (text, tally) =>
  replaceFound(text, TOKEN, tally, (found) => (isToken(found) ? '[redacted key]' : undefined));

/** Names of packages, classes and files begin alike, but are words. */
function isToken(found: string): boolean {
  if (found.startsWith('eyJ')) return found.split('.').length >= 3;
  return /\d/.test(found.slice(3));
}

const HEADER = new RegExp(
  `${WORD_START}(?:bearer(?: |%20|\\+|: ?)[A-Za-z0-9+/=._~-]{6,}|basic(?: |%20|\\+)[A-Za-z0-9+/=_-]{4,}|(?:-u|--user)[ =][^\\s"'\\\\:]{1,128}:[^\\s"'\\\\]+)`,
  'gi',
);

/** What a request says who it is by, in headers and on the command line of `curl`. */
export const redactHeaders: Redactor = (text, tally) =>
  replaceFound(text, HEADER, tally, (found) => {
    const at = /^[^ %+:=]+(?: |%20|\+|: ?|=)/.exec(found)?.[0].length ?? 0;
    const value = found.slice(at);
    if (!isCredential(found.charAt(1).toLowerCase(), value)) return undefined;
    return found.slice(0, at) + REDACTED;
  });

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

const EMAIL = /(?<=^|[^\w\\]|\\[bfnrt]|\\u[0-9a-fA-F]{4})\w[\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24}/g;
/** `icon@2x.png`, `git@host:repository`. */
const NO_EMAIL = /^git@|\.(?:png|jpe?g|gif|webp|svg|avif|ico|js|ts|jsx|tsx|mjs|cjs|css|json)$/i;

export const redactEmails: Redactor = (text, tally) =>
  text.includes('@')
    ? replaceFound(text, EMAIL, tally, (found) => (NO_EMAIL.test(found) ? undefined : '[redacted email]'))
    : text;
