import { isSecretName } from './names.ts';
import { REDACTED, type Redactor, replaceFound, type Tally } from './rule.ts';

/** From the slashes on, which JSON may have escaped. */
const URL_REST = /:\\?\/\\?\/[^\s"'`\\<>]+/g;

/** Names that are secrets in a query, if not elsewhere. */
const QUERY_SECRET =
  /^(?:key|sig|signature|sign|auth|pw|pass|code_verifier|assertion|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|awsaccesskeyid|subscription-key|hapikey|sessionid|sid|jwt|saml(?:request|response))$/i;

/** URLs whose path is the secret. */
const WEBHOOK =
  /(?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|hooks\.zapier\.com\/hooks|hook\.[a-z0-9.]{0,20}make\.com|webhook\.office\.com\/webhookb2|maker\.ifttt\.com\/trigger|api\.telegram\.org\/bot\d{1,20}|chat\.googleapis\.com\/v1\/spaces)[/:][^\s"'`\\<>?]+/g;

export const redactUrls: Redactor = (text, tally) => {
  const withoutHooks = replaceFound(text, WEBHOOK, tally, (found) =>
    found.includes('[redacted') ? undefined : `${found.slice(0, found.indexOf('/'))}/${REDACTED}`,
  );
  const urls = replaceFound(withoutHooks, URL_REST, tally, withoutUser);
  return redactQueries(urls, tally);
};

/** The name is no less a secret than the password: often it is a token. */
function withoutUser(found: string): string | undefined {
  const start = found.lastIndexOf('/', 5) + 1;
  const path = found.slice(start).search(/[/?#]/);
  const end = path < 0 ? found.length : start + path;
  let at = found.lastIndexOf('@', end - 1);
  // A password with a slash in it, where a port is a number.
  if (at < start && /^[^:]*:(?!\d{1,5}$)./.test(found.slice(start, end))) at = found.indexOf('@', end);
  if (at < start || found.slice(start, at) === REDACTED) return undefined;
  return `${found.slice(0, start)}${REDACTED}${found.slice(at)}`;
}

const PARAMETER = /[?&;]([\w.-]{1,64})=([^&?\s"'`\\<>;#]+)/g;

/** Query strings, with or without the URL before them. */
function redactQueries(text: string, tally: Tally): string {
  return text.replace(PARAMETER, (found: string, name: string, value: string) => {
    if (value.startsWith('[redacted') || !(QUERY_SECRET.test(name) || isSecretName(name))) return found;
    tally.redacted++;
    return found.slice(0, found.length - value.length) + REDACTED;
  });
}
