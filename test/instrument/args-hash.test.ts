import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { argumentFacts, resultFacts } from '../../src/instrument/args-hash.ts';
import { keyOf } from '../../src/instrument/hash-key.ts';
import { sipHash } from '../../src/instrument/siphash.ts';

const hashOf = (...args: unknown[]) => argumentFacts(args).hash;
const elsewhere = (code: string): unknown => runInContext(`(${code})`, createContext());

class Query {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get length(): number {
    throw new Error('a getter was run');
  }
  toJSON(): never {
    throw new Error('toJSON was run');
  }
}

class Filter {
  readonly column = 'age';
  readonly #least: number;
  constructor(least: number) {
    this.#least = least;
  }
  matches(age: number): boolean {
    return age >= this.#least;
  }
}

function cycle(name: string): object {
  const self: Record<string, unknown> = { name };
  self.self = self;
  return self;
}

describe('equal arguments', () => {
  const CASES: readonly (readonly [what: string, a: unknown, b: unknown])[] = [
    ['names in another order', { city: 'Paris', days: 3 }, { days: 3, city: 'Paris' }],
    ['names in another order, deep down', { q: { a: [{ x: 1, y: 2 }] } }, { q: { a: [{ y: 2, x: 1 }] } }],
    ['undefined members', { a: 1, b: undefined }, { a: 1 }],
    ['functions and signals', { a: 1, f: () => 1, s: new AbortController().signal }, { a: 1 }],
    ['members that differ with every call', { a: 1, requestId: 'r1', timestamp: 1 }, { a: 1, requestId: 'r2' }],
    ['zeros', [0], [-0]],
    ['not a number', [Number.NaN], [0 / 0]],
    ['BigInt', 12n, BigInt('12')],
    ['dates', new Date(5), new Date(5)],
    ['maps', new Map([['a', 1]]), new Map([['a', 1]])],
    ['sets', new Set([1, 'x']), new Set([1, 'x'])],
    ['bytes', new Uint8Array([1, 2, 3]), Buffer.from([1, 2, 3])],
    ['views of a part', new Uint8Array([9, 1, 2]).subarray(1), new Uint8Array([1, 2])],
    ['buffers', new Uint8Array([1]).buffer, new Uint8Array([1]).buffer],
    ['instances with data', new Query('x'), new Query('x')],
    ['cycles', cycle('a'), cycle('a')],
    ['URLs', new URL('https://a.example/x'), new URL('https://a.example/x')],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['objects of another realm', elsewhere('{ a: {} }'), { a: {} }],
  ];
  it.each(CASES)('have equal hashes: %s', (_, a, b) => {
    expect(hashOf(a)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(a)).toBe(hashOf(b));
  });

  it('have equal hashes with functions, or nothing, behind them', () => {
    expect(hashOf('x', () => 1, undefined)).toBe(hashOf('x'));
  });
});

describe('different arguments', () => {
  const CASES: readonly (readonly [what: string, a: readonly unknown[], b: readonly unknown[]])[] = [
    ['values', [{ a: 1 }], [{ a: 2 }]],
    ['names', [{ a: 1 }], [{ b: 1 }]],
    ['types', [1], ['1']],
    ['kinds of numbers', [1], [1n]],
    ['order in lists', [[1, 2]], [[2, 1]]],
    ['lists and arguments', [[1, 2]], [1, 2]],
    ['splits of text', ['ab', 'c'], ['a', 'bc']],
    ['nothing and null', [], [null]],
    ['lists and members', [[]], [{}]],
    ['deep values', [{ a: { b: { c: [1] } } }], [{ a: { b: { c: [2] } } }]],
    ['texts beyond ASCII', ['Zürich'], ['Zurich']],
    ['halves of a pair', ['\ud83d'], ['\ud83e']],
    ['dates', [new Date(5)], [new Date(6)]],
    ['maps', [new Map([['a', 1]])], [new Map([['a', 2]])]],
    ['sets', [new Set([1])], [new Set([2])]],
    ['bytes', [new Uint8Array([1])], [new Uint8Array([2])]],
    ['instances', [new Query('x')], [new Query('y')]],
    ['URLs', [new URL('https://a.example/x')], [new URL('https://a.example/y')]],
    ['cycles', [cycle('a')], [cycle('b')]],
    ['members that only look volatile deep down', [{ a: { nonce: 1 } }], [{ a: { nonce: 2 } }]],
  ];
  it.each(CASES)('have different hashes: %s', (_, a, b) => {
    expect(hashOf(...a)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(...b)).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(...a)).not.toBe(hashOf(...b));
  });
});

describe('what cannot be compared', () => {
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('the trap');
      },
    },
  );
  const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), 1);
  const CASES: readonly (readonly [what: string, value: unknown])[] = [
    ['a getter', Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => 1 })],
    ['an instance that shows no data', new (class Opaque {})()],
    ['a promise', Promise.resolve(1)],
    ['a response', new Response('x')],
    ['a symbol', Symbol('x')],
    ["a member under a symbol, as operators of Sequelize's", { age: { [Symbol('gt')]: 5 } }],
    ['an instance with a private field beside its data', new Filter(5)],
    ['one whose class extends such a class', new (class extends Filter {})(5)],
    ['an error, whose message is hidden', Object.assign(new Error('x'), { code: 'E' })],
    ['a regular expression with data of its own', Object.assign(/x/, { a: 1 })],
    ['a map with data of its own', Object.assign(new Map([['a', 1]]), { b: 1 })],
    ['a hostile proxy', hostile],
    ['a long text', 'x'.repeat(70_000)],
    ['a long list', Array.from({ length: 70_000 }, () => 1)],
    ['a large table', Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1]))],
    ['many bytes', new Uint8Array(70_000)],
    ['depth', deep],
  ];
  it.each(CASES)('has no hash: %s', (_, value) => {
    expect(argumentFacts([{ a: value }])).toEqual({ hash: undefined, names: undefined });
    // And leaves nothing behind.
    expect(hashOf({ a: 1 })).toBe(hashOf({ a: 1 }));
  });
});

describe('names of arguments', () => {
  it('are those of a single argument that is an object, sorted', () => {
    expect(argumentFacts([{ city: 'Paris', days: 3, at: null }]).names).toBe('at,city,days');
    expect(argumentFacts(['Paris']).names).toBeUndefined();
    expect(argumentFacts([{ a: 1 }, { b: 1 }]).names).toBeUndefined();
    expect(argumentFacts([['a']]).names).toBeUndefined();
  });

  it('are no content: volatile ones, keys that are no names, and tables are left out', () => {
    expect(argumentFacts([{ q: 1, requestId: 'r', 'ann@example.com': 2, 'two words': 3 }]).names).toBe('q');
    const table = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, 1]));
    expect(argumentFacts([table]).names).toBeUndefined();
  });
});

describe('results', () => {
  it('have a hash, and about their size', () => {
    // Tag, five characters and the end; tag and eight bytes.
    expect(resultFacts('sunny')).toEqual({ hash: resultFacts('sunny').hash, bytes: 7 });
    expect(resultFacts(20).bytes).toBe(9);
    expect(resultFacts({ a: 'b' }).hash).not.toBe(resultFacts({ a: 'c' }).hash);
  });

  it('have only a size where they are large: that of a text or of bytes, else the bound', () => {
    expect(resultFacts('x'.repeat(300_000))).toEqual({ hash: undefined, bytes: 300_000 });
    expect(resultFacts(Array.from({ length: 70_000 }, () => 1))).toEqual({ hash: undefined, bytes: 65_536 });
  });

  it('have neither where they cannot be compared', () => {
    expect(resultFacts(new Response('x'))).toEqual({ hash: undefined, bytes: undefined });
  });
});

describe('the key', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  const factsWith = async (env: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    vi.resetModules();
    const { argumentFacts: fresh } = await import('../../src/instrument/args-hash.ts');
    return fresh(['Paris']);
  };

  it('is of the salt, the same in every process that has it', async () => {
    // A list: a text, its characters, its end; the end of the list.
    const bytes = Uint8Array.from([8, 7, ...Buffer.from('Paris'), 255, 255]);
    const expected = sipHash(keyOf('pepper'), new DataView(bytes.buffer), bytes.length);
    expect((await factsWith({ TRACE_ANALYZE_HASH_SALT: 'pepper' })).hash).toBe(expected);
    expect((await factsWith({ TRACE_ANALYZE_HASH_SALT: 'salt' })).hash).not.toBe(expected);
  });

  it('is random without one', async () => {
    const first = await factsWith({});
    const second = await factsWith({});
    expect(first.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(second.hash).not.toBe(first.hash);
  });

  it('is not there where hashes are off', async () => {
    expect(await factsWith({ TRACE_ANALYZE_HASHES: 'off' })).toEqual({ hash: undefined, names: undefined });
  });
});
