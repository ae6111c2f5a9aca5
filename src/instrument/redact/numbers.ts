import { type Redactor, replaceFound, type Tally } from './rule.ts';

const CARD = /(?<![\w.]|\d[-.])\d(?:[ -]?\d){12,18}(?!\w|[.-]\d)/g;
const SSN = /(?<![\w.-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g;
const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g;

/** Numbers of cards, bank accounts (IBAN) and of social security in the USA. Those with a check digit are checked. */
export const redactNumbers: Redactor = (text, tally) => {
  let clean = redactCards(text, tally);
  clean = replaceFound(clean, SSN, tally, () => '[redacted number]');
  return replaceFound(clean, IBAN, tally, (found) => (isIban(found) ? '[redacted account]' : undefined));
};

function redactCards(text: string, tally: Tally): string {
  const isJson = /^\s*[{[]/.test(text);
  return text.replace(CARD, (found: string, at: number) => {
    if (!isCard(found.replace(/[ -]/g, ''))) return found;
    tally.redacted++;
    // A number in JSON stays one.
    const isNumber = isJson && /[:,[]\s{0,4}$/.test(text.slice(Math.max(0, at - 5), at)) && !/[ -]/.test(found);
    return isNumber ? '0' : '[redacted card]';
  });
}

/** The beginnings and lengths of the large networks, and Luhn's check digit. */
export function isCard(digits: string): boolean {
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
