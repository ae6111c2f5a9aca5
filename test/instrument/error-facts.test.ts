import { describe, expect, it } from 'vitest';
import { errorFacts } from '../../src/instrument/error-facts.ts';

class RateLimitError extends Error {}

const typeOf = (error: unknown) => errorFacts(error).type;

describe('the type of an error', () => {
  it.each<[string, unknown, string]>([
    ['its code', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['a numeric code, as JSON-RPC has', Object.assign(new Error('x'), { code: -32603 }), '-32603'],
    ['its name', Object.assign(new Error('x'), { name: 'TimeoutError' }), 'TimeoutError'],
    ['its class where it has no name of its own', new RateLimitError('x'), 'RateLimitError'],
    ['Error where it is only that', new Error('x'), 'Error'],
    ['the name of a DOMException, not its number', new DOMException('x', 'AbortError'), 'AbortError'],
    ['_OTHER of a thrown string', 'rate limited for user 17', '_OTHER'],
    ['_OTHER of undefined', undefined, '_OTHER'],
    ['_OTHER of a plain object', { message: 'x' }, '_OTHER'],
    ['_OTHER of an object without a prototype', Object.create(null), '_OTHER'],
    [
      'the class where the code looks like an id',
      Object.assign(new TypeError('x'), { code: 'req_83726154' }),
      'TypeError',
    ],
    [
      'the class where the code is a sentence',
      Object.assign(new TypeError('x'), { code: 'not allowed here' }),
      'TypeError',
    ],
  ])('is %s', (_what, error, type) => {
    expect(typeOf(error)).toBe(type);
  });
});

describe('what is said about an error', () => {
  it('is bounded', () => {
    const { message, stack } = errorFacts(new Error('x'.repeat(5_000_000)));
    expect(message).toHaveLength(2049);
    expect(stack).toHaveLength(8193);
    expect(errorFacts('y'.repeat(5_000_000)).message).toHaveLength(2049);
  });

  it.each<[string, unknown]>([
    [
      'throwing getters',
      Object.defineProperties(new Error('x'), { message: { get: fail }, name: { get: fail }, code: { get: fail } }),
    ],
    ['a revoked proxy', revoked()],
    ['a symbol', Symbol('s')],
    ['an object whose text is no text', { message: 7, stack: {}, name: Symbol('n'), code: {} }],
  ])('is something even of %s', (_what, error) => {
    expect(errorFacts(error)).toMatchObject({ type: expect.any(String), message: expect.any(String) });
  });
});

function fail(): never {
  throw new Error('getter');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
