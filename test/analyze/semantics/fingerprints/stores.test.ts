import { describe, expect, it } from 'vitest';
import { fingerprintDocument } from '../../../../src/analyze/semantics/fingerprints/document.ts';
import { documentShape, fingerprintGraphql } from '../../../../src/analyze/semantics/fingerprints/graphql.ts';
import { fingerprintKeyValue } from '../../../../src/analyze/semantics/fingerprints/key-value.ts';

describe('the fingerprint of a key-value command', () => {
  it.each([
    ['GET user:123', 'GET user:{id}'],
    ['get session:550e8400-e29b-41d4-a716-446655440000:cart', 'GET session:{id}:cart'],
    ['SET user:1 [1 other arguments]', 'SET user:{id}'],
    ['HGETALL config', 'HGETALL config'],
    ['GET ?', 'GET'],
  ])('of %j is %j', (statement, expected) => {
    expect(fingerprintKeyValue(statement).text).toBe(expected);
  });

  it('takes the operation from its own attribute where the text has the key alone', () => {
    expect(fingerprintKeyValue('user:9', 'GET').text).toBe('GET user:{id}');
  });

  it('knows reads, pipelines and hidden keys', () => {
    expect(fingerprintKeyValue('GET a:1')).toMatchObject({ writes: false, complete: true, batch: false, detail: 2 });
    expect(fingerprintKeyValue('SET a:1 [1 other arguments]')).toMatchObject({ writes: true, complete: false });
    expect(fingerprintKeyValue('GET ?')).toMatchObject({ complete: false, detail: 1 });
    expect(fingerprintKeyValue('MGET a b')).toMatchObject({ batch: true });
    expect(fingerprintKeyValue('GET a:1\nGET a:2')).toMatchObject({ batch: true });
  });
});

describe('the fingerprint of a document command', () => {
  const find = (filter: string) =>
    fingerprintDocument({ collection: 'users', statement: `{"find":"users","filter":${filter}}` });

  it('is operation, collection and the sorted paths, without values', () => {
    expect(find('{"b":{"$gt":5},"a":"secret"}').text).toBe('find users {filter.a, filter.b.$gt, find}');
    expect(find('{"a":"other","b":{"$gt":9}}').text).toBe(find('{"b":{"$gt":5},"a":"secret"}').text);
    expect(find('{"a":"x"}').value).not.toBe(find('{"a":"y"}').value);
  });

  it('takes a list of several values for a batch', () => {
    expect(find('{"_id":{"$in":[1,2]}}').batch).toBe(true);
    expect(find('{"_id":{"$in":[1]}}').batch).toBe(false);
    expect(fingerprintDocument({ operation: 'insertMany', collection: 'c' }).batch).toBe(true);
  });

  it('knows that masked values are hidden', () => {
    expect(find('{"a":"?"}').complete).toBe(false);
    expect(find('{"a":1}').complete).toBe(true);
  });

  it('falls back to operation and collection when the text cannot be read', () => {
    const cut = fingerprintDocument({ operation: 'find', collection: 'users', statement: '{"find":"users","filt' });
    expect(cut).toMatchObject({ text: 'find users', detail: 1, complete: false });
  });

  it('survives deep nesting', () => {
    const deep = `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`;
    expect(fingerprintDocument({ operation: 'find', collection: 'c', statement: deep }).text).toMatch(/^find c \{/);
  });
});

describe('the fingerprint of a GraphQL operation', () => {
  it('is type, name and the document without literals', () => {
    const one = fingerprintGraphql({
      type: 'query',
      name: 'User',
      document: 'query User { user(id: 1, n: "a") { name } }',
    });
    const other = fingerprintGraphql({
      type: 'query',
      name: 'User',
      document: 'query User {\n  user(id: 2, n: "b") {\n name } }',
    });
    expect(one?.text).toMatch(/^graphql query User #[0-9a-f]{8}$/);
    expect(other?.text).toBe(one?.text);
    expect(other?.value).not.toBe(one?.value);
  });

  it('does not exist without a name or a document: every operation has the same URL', () => {
    expect(fingerprintGraphql({ type: 'query' })).toBeUndefined();
  });

  it('drops comments and block strings', () => {
    expect(documentShape('{ # hi\n a(x: """b "c" """, y: -1.5e3, z1: 2) }')).toBe('{ a(x: ? y: ? z1: ?) }');
  });
});
