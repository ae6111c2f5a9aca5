import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestArguments, digestText } from '../../../src/analyze/semantics/content-digest.ts';

describe('digests of content', () => {
  it('hold nothing of it', () => {
    const sha256 = createHash('sha256').update('my secret prompt').digest('hex');
    expect(digestText('my secret prompt')).toBe(sha256.slice(0, 16));
    expect(digestArguments('{"query":"my secret"}')).toMatch(/^query\|[0-9a-f]{16}\|[0-9a-f]{8}$/);
  });

  it('are equal for equal arguments in another order or spelling', () => {
    const digest = digestArguments('{"a":1,"b":{"c":2,"d":3}}');
    expect(digestArguments('{ "b": {"d": 3, "c": 2.0}, "a": 1 }')).toBe(digest);
    expect(digestArguments(JSON.stringify('{"a":1,"b":{"c":2,"d":3}}'))).toBe(digest);
    expect(digestArguments('{"a":1,"b":{"c":2,"d":4}}')).not.toBe(digest);
  });

  it('leave out what differs with every call', () => {
    expect(digestArguments('{"q":"x","timestamp":1,"nonce":"a"}')).toBe(digestArguments('{"q":"x","timestamp":2}'));
  });

  it('tell which argument differs', () => {
    const [names, , each] = digestArguments('{"query":"x","page":2}').split('|');
    expect(names).toBe('page,query');
    expect(each).toBe(`${digestText('2').slice(0, 8)},${digestText('"x"').slice(0, 8)}`);
  });

  it('name no arguments where there are none to name', () => {
    for (const text of ['[1,2]', 'not json', '"text"', 'null', '']) {
      expect(digestArguments(text)).toBe(`|${digestText(text)}`);
    }
  });

  it('take arguments nested as deeply as they come', () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect(digestArguments(deep)).toMatch(/^a\|[0-9a-f]{16}\|[0-9a-f]{8}$/);
  });
});
