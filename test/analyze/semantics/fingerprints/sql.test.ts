import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintSql } from '../../../../src/analyze/semantics/fingerprints/sql.ts';

const text = (sql: string, system?: string): string => fingerprintSql(sql, system).text;

describe('the fingerprint of a statement', () => {
  it.each([
    // literals
    ['select * from users where id = 42', 'SELECT * FROM users WHERE id = ?'],
    ["SELECT * FROM users WHERE name = 'O''Brien' AND x = 'a\\'b'", 'SELECT * FROM users WHERE name = ? AND x = ?'],
    ["SELECT E'a\\'b', N'x', X'0F', B'01', U&'d\\0061t'", 'SELECT ?, ?, ?, ?, ?'],
    ['SELECT $$it is$$, $q$a $$ b$q$', 'SELECT ?, ?'],
    ['SELECT 1.5, .5, 1e-9, 0xFF, -3, 2 - 1', 'SELECT ?, ?, ?, ?, ?, ? - ?'],
    ['SELECT * FROM t1 WHERE a1=-1 AND b>=2', 'SELECT * FROM t1 WHERE a1 = ? AND b >= ?'],
    // placeholders
    ['SELECT * FROM t WHERE a = $1 AND b = :name AND c = @p0', 'SELECT * FROM t WHERE a = ? AND b = ? AND c = ?'],
    ['SELECT * FROM t WHERE a = %s AND b = %(name)s AND c = ?', 'SELECT * FROM t WHERE a = ? AND b = ? AND c = ?'],
    ['SELECT * FROM t WHERE a = {id:UInt64} AND b = :1', 'SELECT * FROM t WHERE a = ? AND b = ?'],
    ['SELECT a::text, @@version, b % s FROM t', 'SELECT a::text, @@version, b % s FROM t'],
    // comments
    ["SELECT 1 -- one\n, 2 /* two */ /*traceparent='00-ab-cd-01'*/", 'SELECT ?, ?'],
    ['SELECT 1 # mysql\n, 2', 'SELECT ?, ?'],
    ["SELECT a #> '{b}', a #>> '{c}' FROM t", 'SELECT a #> ?, a #>> ? FROM t'],
    ['SELECT * FROM #tmp WHERE id = 1', 'SELECT * FROM #tmp WHERE id = ?'],
    ['SELECT 1 /* never closed', 'SELECT ?'],
    // identifiers
    ['SELECT "a b", `c`, [d e] FROM "public"."users"', 'SELECT "a b", `c`, [d e] FROM "public"."users"'],
    ["SELECT ARRAY[1, 2, 3], x[1], '{}'", 'SELECT ARRAY[?+], x[?], ?'],
    // lists
    ['SELECT * FROM t WHERE id IN (1, 2, 3)', 'SELECT * FROM t WHERE id IN (?+)'],
    ['SELECT * FROM t WHERE id in(1)', 'SELECT * FROM t WHERE id IN (?+)'],
    ['SELECT * FROM t WHERE (a, b) NOT IN ((1, 2), (3, 4))', 'SELECT * FROM t WHERE (a, b) NOT IN (?+)'],
    [
      'SELECT * FROM t WHERE id IN (SELECT x FROM u WHERE y = 2)',
      'SELECT * FROM t WHERE id IN (SELECT x FROM u WHERE y = ?)',
    ],
    ['SELECT * FROM t WHERE id = ANY($1)', 'SELECT * FROM t WHERE id = ANY (?)'],
    ["INSERT INTO t (a, b) VALUES (1, 'x'), (2, now())", 'INSERT INTO t(a, b) VALUES (?+)'],
    ['INSERT INTO t(a,b) VALUES(1,2) RETURNING id', 'INSERT INTO t(a, b) VALUES (?) RETURNING id'],
    // white space and case
    ['select\tCOUNT( * )\n\nfrom  users ;', 'SELECT COUNT(*) FROM users'],
    ['', ''],
  ])('of %j', (sql, expected) => {
    expect(text(sql)).toBe(expected);
  });

  it('keeps one value and a list of values apart', () => {
    expect(text('SELECT * FROM t WHERE id = 1')).not.toBe(text('SELECT * FROM t WHERE id IN (1)'));
  });

  it('takes double quotes for strings where the database does', () => {
    expect(text('SELECT * FROM t WHERE n = "secret"', 'mysql')).toBe('SELECT * FROM t WHERE n = ?');
    expect(text('SELECT * FROM "t"', 'postgresql')).toBe('SELECT * FROM "t"');
  });

  it('tells equal values from different ones, and visible from hidden', () => {
    const one = fingerprintSql("SELECT * FROM t WHERE a = 1 AND b = 'x'");
    const other = fingerprintSql("SELECT * FROM t WHERE a = 1 AND b = 'y'");
    expect(one.value).not.toBe(other.value);
    expect(fingerprintSql("select * from t where a=1 and b='x'").value).toBe(one.value);
    expect(one.complete).toBe(true);
    expect(fingerprintSql('SELECT * FROM t WHERE a = 1 AND b = $1').complete).toBe(false);
    expect(fingerprintSql("SELECT 'a', 'b,c'").value).not.toBe(fingerprintSql("SELECT 'a,b', 'c'").value);
  });

  it.each([
    ['SELECT * FROM t WHERE id IN (1, 2)', true],
    ['SELECT * FROM t WHERE id IN (?)', true], // how instrumentations write a list of any length
    ['SELECT * FROM t WHERE id IN ($1)', false],
    ['SELECT * FROM t WHERE id IN (7)', false],
    ['SELECT * FROM t WHERE id = ANY($1)', true],
    ['INSERT INTO t VALUES (1), (2)', true],
    ['INSERT INTO t VALUES (1, 2)', false],
    ['SELECT 1', false],
  ])('knows whether %j is a batch: %s', (sql, batch) => {
    expect(fingerprintSql(sql).batch).toBe(batch);
  });

  it.each([
    ['SELECT u.* FROM public.users u JOIN orders o', 'SELECT public.users', false],
    ['INSERT INTO "Orders" (a) VALUES (1)', 'INSERT Orders', true],
    ['UPDATE ONLY accounts SET x = 1', 'UPDATE accounts', true],
    ['WITH gone AS (DELETE FROM logs RETURNING *) SELECT * FROM gone', 'WITH logs', true],
    ['SELECT * FROM t FOR UPDATE', 'SELECT t', false],
    ['DELETE FROM t', 'DELETE t', true],
  ])('names what %j concerns', (sql, subject, writes) => {
    expect(fingerprintSql(sql)).toMatchObject({ subject, writes });
  });

  it('reads at most 4096 characters and says so', () => {
    const long = `SELECT * FROM t WHERE id IN (${'1, '.repeat(4000)}1)`;
    expect(fingerprintSql(long)).toMatchObject({
      text: 'SELECT * FROM t WHERE id IN (?+)',
      truncated: true,
      complete: false,
    });
    expect(fingerprintSql('SELECT * FROM t WHERE a = 1 AN...').truncated).toBe(true);
    expect(fingerprintSql('SELECT 1').truncated).toBe(false);
  });

  it('names the number after OFFSET', () => {
    expect(fingerprintSql('SELECT * FROM t WHERE a = 5 LIMIT 10 OFFSET 20').parameters?.get('offset')).toBe('20');
    expect(fingerprintSql('SELECT * FROM t LIMIT 40, 20').parameters?.get('offset')).toBe('40');
  });

  it('prints none of the literals, whatever they are', () => {
    const literal = fc.string({ minLength: 1, maxLength: 40 }).map((s) => `Q${s.replace(/['\\]/g, '')}Z`);
    fc.assert(
      fc.property(literal, fc.integer({ min: 1000 }), (s, n) => {
        expect(text(`SELECT * FROM t WHERE a = '${s}' AND b = ${n}`)).toBe('SELECT * FROM t WHERE a = ? AND b = ?');
      }),
    );
  });

  it('takes any text', () => {
    const alphabet = 'aIN(),?\'"`[]$:@%#-/*\\ \n12.;ESELECT'.split('');
    const sql = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 200 });
    fc.assert(
      fc.property(sql, (s) => {
        const { text: printed } = fingerprintSql(s);
        // Nothing is made up: a fingerprint is at most the statement with a space around each character.
        expect(printed.length).toBeLessThanOrEqual(3 * s.length + 2);
        expect(fingerprintSql(s)).toEqual(fingerprintSql(s));
      }),
    );
  });
});
