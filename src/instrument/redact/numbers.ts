import { type Redactor, replaceFound, type Tally } from './rule.ts';

/** Each also after an escape as JSON has them, whose last letter is none of a word. */
const DIGITS = /(?:(?<![\w.]|\d[-.])|(?<=\\[bfnrt]))\d(?:[ -]?\d){12,}(?!\w|[.-]\d)/g;
const SSN = /(?:(?<![\w.-])|(?<=\\[bfnrt]))(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g;
const IBAN =
  /(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt]))[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g;

/** Numbers of cards, bank accounts (IBAN) and of social security in the USA. Those with a check digit are checked. */
export const redactNumbers: Redactor = (text, tally) => {
  let clean = redactCards(text, tally);
  clean = replaceFound(clean, SSN, tally, () => '[redacted number]');
  return replaceFound(clean, IBAN, tally, (found) => (isIban(found) ? '[redacted account]' : undefined));
};

function redactCards(text: string, tally: Tally): string {
  const isJson = /^\s*[{[]/.test(text);
  return text.replace(DIGITS, (found: string, at: number) => {
    // A number in JSON stays one.
    const isNumber = isJson && !/[ -]/.test(found) && /[:,[]\s{0,4}$/.test(text.slice(Math.max(0, at - 5), at));
    return withoutCards(found, isNumber ? '0' : '[redacted card]', tally);
  });
}

const LONGEST_CARD = 19;

/** Digits in groups, where a card may stand beside other numbers. */
function withoutCards(found: string, instead: string, tally: Tally): string {
  const groups = found.split(/([ -])/);
  let clean = '';
  for (let from = 0; from < groups.length; from += 2) {
    const end = endOfCard(groups, from);
    if (end > 0) tally.redacted++;
    clean += (end > 0 ? instead : groups[from]) + (groups[end || from + 1] ?? '');
    if (end > 0) from = end - 1;
  }
  return clean;
}

/** Where the separator after the last group of a card is that begins with this group; 0: none does. */
function endOfCard(groups: readonly string[], from: number): number {
  let digits = '';
  for (let i = from; i < groups.length && digits.length < LONGEST_CARD; i += 2) {
    digits += groups[i];
    if (isCard(digits)) return i + 1;
  }
  return 0;
}

/** The beginnings and lengths of the large networks, and Luhn's check digit. */
function isCard(digits: string): boolean {
  if (
    !/^(?:4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01]|720)\d{12,13}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14})$/.test(
      digits,
    )
  )
    return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** ISO 7064: the number modulo 97 is one, letters counted from ten, the first four characters moved to the end. */
function isIban(found: string): boolean {
  const text = found.replace(/ /g, '');
  if (text.length < 15) return false;
  let rest = 0;
  for (const char of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(char, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}
