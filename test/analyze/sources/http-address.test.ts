import { describe, expect, it } from 'vitest';
import { parseHeaders, parseHttpAddress } from '../../../src/analyze/sources/http-address.ts';

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('parseHttpAddress', () => {
  it.each([
    ['http://localhost:16686', 'http://localhost:16686'],
    ['http://localhost:16686/', 'http://localhost:16686'],
    ['https://traces.example.com/jaeger/ui//', 'https://traces.example.com/jaeger/ui'],
    ['http://h/base?token=secret#frag', 'http://h/base'],
  ])('takes %s', (text, base) => {
    expect(parseHttpAddress(text)).toEqual({
      ok: true,
      value: { base, printed: base, basicAuth: undefined, secrets: [] },
    });
  });

  it('turns userinfo into basic authentication and out of the printed name', () => {
    const parsed = parseHttpAddress('http://me:p%40ss@jaeger:16686/ui');
    expect(parsed).toEqual({
      ok: true,
      value: {
        base: 'http://jaeger:16686/ui',
        printed: 'http://jaeger:16686/ui',
        basicAuth: basic('me:p@ss'),
        secrets: ['p@ss', 'p%40ss', basic('me:p@ss').slice('Basic '.length)],
      },
    });
  });

  it('guesses the scheme that was left out', () => {
    expect(parseHttpAddress('localhost:16686')).toEqual({
      ok: false,
      problem: 'not an http or https URL: did you mean http://localhost:16686 ?',
    });
  });

  it.each(['', 'file:///etc/passwd', 'ftp://h', 'http://', 'user:secret@host'])('refuses %j unquoted', (text) => {
    expect(parseHttpAddress(text)).toEqual({ ok: false, problem: 'not an http or https URL' });
  });
});

describe('parseHeaders', () => {
  it('reads lines, names in lower case', () => {
    expect(parseHeaders(['X-Scope-OrgID: a: b', '__proto__:x'])).toEqual({
      ok: true,
      value: Object.assign(Object.create(null), { 'x-scope-orgid': 'a: b', ['__proto__']: 'x' }),
    });
  });

  it.each([
    ['no colon s3cret', 'header 1 is not of the form "Name: value"'],
    [': s3cret', 'header 1 is not of the form "Name: value"'],
    ['X-A: s3cret\r\nX-B: 1', 'header "x-a" has characters that no header can hold'],
    ['X-A: s3cret→', 'header "x-a" has characters that no header can hold'],
  ])('says what is wrong with %j without its value', (line, problem) => {
    expect(parseHeaders([line])).toEqual({ ok: false, problem });
  });
});
