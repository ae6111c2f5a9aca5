const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i;
const HEX = /^[0-9a-f]{10,}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INTEGER = /^\d+$/;
const FILE_OF_NUMBER = /^\d+(\.[a-z0-9]{1,8})$/i;
const BASE64URL = /^[A-Za-z0-9_-]{20,}$/;
const DIGIT = /\d/;

/**
 * Puts `{id}` where a part of a name says which one and not what: integers, UUIDs, ULIDs, hex of 10 digits and more,
 * anything of 16 characters and more with a digit, base64url of 20 and more in mixed case, dates. The ending of a
 * numbered file stays.
 */
export function withoutId(part: string): string {
  if (part.length > 0 && isId(part)) return '{id}';
  const file = FILE_OF_NUMBER.exec(part);
  return file ? `{id}${file[1]}` : part;
}

function isId(part: string): boolean {
  if (INTEGER.test(part) || DATE.test(part)) return true;
  if (DIGIT.test(part))
    return part.length >= 16 || (HEX.test(part) && part.length >= 10) || UUID.test(part) || ULID.test(part);
  return BASE64URL.test(part) && isMixedCase(part);
}

/** Random letters have about as many capitals as small ones; camelCase and words have far fewer. */
function isMixedCase(part: string): boolean {
  let capitals = 0;
  let small = 0;
  for (const char of part) {
    if (char >= 'A' && char <= 'Z') capitals++;
    else if (char >= 'a' && char <= 'z') small++;
  }
  return Math.min(capitals, small) >= 0.25 * part.length;
}

/** A name with the ids in it replaced: its words (parted by spaces, `/`, `:`, `.`, `#`, `=`, quotes or brackets). */
export function nameWithoutIds(name: string): string {
  return name
    .slice(0, 512)
    .split(/([\s/:.#=,'"`()[\]{}<>]+)/)
    .map((part, index) => (index % 2 === 0 ? withoutTrailingNumber(withoutId(part)) : part))
    .join('');
}

/** `worker-17`, `item_3`: the number says which one. */
function withoutTrailingNumber(part: string): string {
  const numbered = /^(.*[^\d][-_])\d+$/.exec(part);
  return numbered ? `${numbered[1]}{id}` : part;
}
