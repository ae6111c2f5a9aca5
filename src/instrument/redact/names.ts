const MAYBE = /pass|pwd|secret|token|key|auth|cookie|cred|cvv|cvc|ssn|otp|conn|sig/i;

/** Words that make a key one that opens something; others are keys of caches, rows and maps. */
const OPENING =
  'api|access|secret|private|account|encryption|signing|auth|master|service|subscription|admin|deploy|webhook|session|ssh|gpg|function|host|client|consumer|storage|license|app|application|server|rest|publishable|openai|anthropic|gemini|azure|mistral|cohere|groq|hmac|aes|jwt|stripe|ingest|write';

const SECRET = new RegExp(
  `(?:^|_)(?:[a-z0-9]{0,16}passw(?:or)?[dt]|pass(?:phrase|code)|pwd|secrets?|token|authorization|cookies?|credentials?|cvv2?|cvc|ssn|otp|totp|(?:${OPENING})_?key(?:_id|_value)?|conn(?:ection)?_?(?:string|str)|sas_url|(?:api|auth|access|refresh|id|bearer|secret)token|(?:client|app|api|web|shared)secret)$|^auth$|(?:^|_)(?:db|user|smtp|mysql|pg|redis|mail|admin|root|ftp|proxy|basic)_pass$|^pass$|(?:^|_)(?:basic|http|proxy)_auth$`,
);

/** Tokens that are places in a list or pieces of text. */
const HARMLESS_TOKEN =
  /(?:^|_)(?:page|next|prev|previous|continuation|cancel|cancellation|sync|start|end|bos|eos|pad|unk|mask|cls|sep|stop|special|first|last|per|max|min|num|total|resume|progress|cost_per|time_per|by|of|for)_?token$/;

const known = new Map<string, boolean>();
const MAX_KNOWN = 1024;
const MAX_NAME = 256;

/** Whether what goes by this name is a secret: `password`, `apiKey`, `http.request.header.authorization`. */
export function isSecretName(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (name.length > MAX_NAME) return false;
  const words = MAYBE.test(name) ? wordsOf(name) : '';
  const secret = SECRET.test(words) && !HARMLESS_TOKEN.test(words);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, secret);
  return secret;
}

/** `accessToken`, `ACCESS-TOKEN` and `access.token` are all `access_token`. */
function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]/g, '_')
    .toLowerCase()
    .replace(/__/g, '_');
}

/** A name in capitals that ends in `KEY`, as in the environment, and is none of a database. */
export function isKeyOfEnvironment(name: string): boolean {
  return (
    /^[A-Z0-9_]{2,60}_KEY$/.test(name) && !/(?:PUBLIC|PRIMARY|FOREIGN|PARTITION|SORT|CACHE|HASH|INDEX)_KEY$/.test(name)
  );
}
