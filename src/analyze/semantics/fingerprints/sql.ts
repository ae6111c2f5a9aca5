import { digestText } from '../content-digest.ts';
import type { Fingerprint } from './fingerprint.ts';
import { type SqlToken, sqlTokens } from './sql-tokens.ts';

/** Longer statements are cut here (and kept that long by the table), so what follows is unknown. */
const MAX_CHARACTERS = 4096;

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'ALL ALTER ANALYZE AND ANY ARRAY AS ASC BEGIN BETWEEN BY CALL CASE CAST COMMIT CONFLICT CREATE CROSS DELETE DESC DISTINCT DO DROP ' +
    'DUPLICATE ELSE END EXCEPT EXEC EXECUTE EXISTS EXPLAIN FALSE FETCH FIRST FOR FROM FULL GROUP HAVING IF ILIKE IN INNER INSERT ' +
    'INTERSECT INTO IS JOIN KEY LATERAL LEFT LIKE LIMIT LOCK MERGE NATURAL NEXT NOT NOTHING NULL OFFSET ON ONLY OR ORDER OUTER OVER ' +
    'PARTITION RELEASE REPLACE RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET SHOW SOME START TABLE THEN TOP TRANSACTION TRUE ' +
    'TRUNCATE UNION UPDATE UPSERT USING VALUES WHEN WHERE WINDOW WITH'
  ).split(' '),
);
const WRITES: ReadonlySet<string> = new Set(
  'ALTER CALL CREATE DELETE DROP EXEC EXECUTE INSERT MERGE REPLACE TRUNCATE UPDATE UPSERT'.split(' '),
);
const BEFORE_TABLE: ReadonlySet<string> = new Set(['FROM', 'INTO', 'JOIN', 'UPDATE', 'TABLE']);
const DOUBLE_QUOTED_STRINGS: ReadonlySet<string> = new Set(
  'mysql mariadb tidb bigquery gcp.bigquery spanner gcp.spanner databricks hive spark'.split(' '),
);

export interface SqlFingerprint extends Fingerprint {
  /** The first keyword, upper case. */
  readonly verb: string;
  /** Whether the statement was longer than what is kept of it. */
  readonly truncated: boolean;
}

/**
 * The fingerprint of a statement: comments dropped, literals and placeholders as `?`, lists as `IN (?+)`, several rows
 * as `VALUES (?+)`, keywords in capitals, white space folded. `= ?` and `IN (?+)` stay different.
 */
export function fingerprintSql(sql: string, system = ''): SqlFingerprint {
  const tokens = sqlTokens(sql.slice(0, MAX_CHARACTERS), {
    doubleQuotedStrings: DOUBLE_QUOTED_STRINGS.has(system.toLowerCase()),
  });
  const truncated = sql.length >= MAX_CHARACTERS || /(\.\.\.|…)\s*$/.test(sql.slice(-8));
  const folded = collapseLists(tokens.map(fold), tokens);
  const verb = folded.tokens[0]?.text ?? '';
  const target = tableOf(folded.tokens);
  return {
    text: render(folded.tokens),
    subject: target === undefined ? verb : `${verb} ${target}`,
    value: digestText(literals(tokens)),
    complete: !truncated && !tokens.some((token) => token.kind === 'bind'),
    batch: folded.batch,
    detail: 2,
    writes: writesOf(folded.tokens),
    target,
    parameters: pagingOf(tokens),
    verb,
    truncated,
  };
}

/** Keywords as statements mostly write them, so that folding one needs no new string. */
const KEYWORD_FORMS: ReadonlyMap<string, SqlToken> = new Map(
  [...KEYWORDS].flatMap((text) => [text, text.toLowerCase()].map((form) => [form, { kind: 'word', text }] as const)),
);
const LITERAL: SqlToken = { kind: 'value', text: '?' };
const PLACEHOLDER: SqlToken = { kind: 'bind', text: '?' };

function fold(token: SqlToken): SqlToken {
  if (token.kind === 'value') return LITERAL;
  if (token.kind === 'bind') return PLACEHOLDER;
  return token.kind === 'word'
    ? (KEYWORD_FORMS.get(token.text) ?? KEYWORD_FORMS.get(token.text.toUpperCase()) ?? token)
    : token;
}

/** `IN (?, ?)`, `ARRAY[?, ?]` and `VALUES (…), (…)` to one form each whatever their length. */
function collapseLists(tokens: readonly SqlToken[], raw: readonly SqlToken[]): { tokens: SqlToken[]; batch: boolean } {
  const out: SqlToken[] = [];
  let batch = false;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as SqlToken;
    out.push(token);
    if (tokens[i + 1]?.kind !== 'open') continue;
    if (token.text === 'VALUES') {
      const rows = rowsEnd(tokens, i + 1);
      out.push(listToken(rows.count > 1 ? '(?+)' : '(?)'));
      batch ||= rows.count > 1;
      i = rows.end - 1;
    } else if (token.text === 'IN' || token.text === 'ARRAY') {
      const end = listEnd(tokens, i + 1);
      if (end < 0) continue;
      out.push({ kind: token.text === 'IN' ? 'bind' : 'open', text: token.text === 'IN' ? '(?+)' : '[?+]' });
      // `IN (?)` is how instrumentations write a list of any length; `IN ($1)` and `IN (7)` hold one value.
      batch ||= end - i > 4 || raw[i + 2]?.text === '?';
      i = end - 1;
    } else if (token.text === 'ANY' || token.text === 'SOME') {
      const inner = tokens[i + 2];
      batch ||= inner?.text === '?' || inner?.text === 'ARRAY';
    }
  }
  return { tokens: out, batch };
}

const listToken = (text: string): SqlToken => ({ kind: 'bind', text });

/** Past the list that opens at `at`, or -1 if it holds anything but values. */
function listEnd(tokens: readonly SqlToken[], at: number): number {
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as SqlToken;
    if (kind === 'open') depth++;
    else if (kind === 'close') {
      if (--depth === 0) return i + 1;
    } else if (text !== '?' && text !== ',' && text !== 'NULL') return -1;
  }
  return tokens.length; // cut short within the list
}

/** Past all rows that follow VALUES, whatever expressions they hold. */
function rowsEnd(tokens: readonly SqlToken[], at: number): { end: number; count: number } {
  let depth = 0;
  let count = 0;
  for (let i = at; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as SqlToken;
    if (kind === 'open' && depth++ === 0) count++;
    else if (kind === 'close' && --depth === 0) {
      const more = tokens[i + 1]?.text === ',' && tokens[i + 2]?.kind === 'open';
      if (!more) return { end: i + 1, count };
      i++;
    } else if (text === ';' && depth === 0) return { end: i, count };
  }
  return { end: tokens.length, count };
}

function render(tokens: readonly SqlToken[]): string {
  let text = '';
  let last: SqlToken | undefined;
  for (const token of tokens) {
    if (token.text === ';') continue;
    const called = token.kind === 'open' && last !== undefined && isCallable(last);
    const tight = last === undefined || TIGHT_AFTER.has(last.text) || TIGHT_BEFORE.has(token.text) || called;
    text += tight ? token.text : ` ${token.text}`;
    last = token;
  }
  return text;
}

const TIGHT_AFTER: ReadonlySet<string> = new Set(['(', '[', '.', '::']);
const TIGHT_BEFORE: ReadonlySet<string> = new Set([')', ']', '.', ',', '::', ';']);

/** `count(`, `users(`: no space, however it was written; `AND (` keeps one. */
const isCallable = (token: SqlToken): boolean =>
  token.kind === 'name' || (token.kind === 'word' && !KEYWORDS.has(token.text)) || token.text === 'ARRAY';

function tableOf(tokens: readonly SqlToken[]): string | undefined {
  for (let i = 0; i + 1 < tokens.length; i++) {
    if (!BEFORE_TABLE.has((tokens[i] as SqlToken).text)) continue;
    let at = i + 1;
    while (tokens[at]?.text === 'ONLY' || tokens[at]?.text === 'IF' || tokens[at]?.text === 'TABLE') at++;
    const first = tokens[at];
    if (first?.kind !== 'name' && first?.kind !== 'word') continue;
    if (KEYWORDS.has(first.text)) continue;
    let name = bare(first);
    for (let part = at + 1; tokens[part]?.text === '.' && tokens[part + 1]; part += 2)
      name = `${name}.${bare(tokens[part + 1] as SqlToken)}`;
    return name;
  }
  return undefined;
}

const bare = (token: SqlToken): string => (token.kind === 'name' ? token.text.slice(1, -1) : token.text);

function writesOf(tokens: readonly SqlToken[]): boolean {
  const verb = tokens[0]?.text ?? '';
  if (verb !== 'WITH' && verb !== 'EXPLAIN') return WRITES.has(verb);
  return tokens.some((token, i) => WRITES.has(token.text) && token.kind === 'word' && tokens[i - 1]?.text !== 'FOR');
}

/** Every literal with its length before it, so that no two lists of literals read the same. */
function literals(tokens: readonly SqlToken[]): string {
  let text = '';
  for (const token of tokens) if (token.kind === 'value') text += `${token.text.length}:${token.text}`;
  return text;
}

/** The number after OFFSET as `offset`, every other literal by its position. */
function pagingOf(tokens: readonly SqlToken[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let position = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as SqlToken;
    if (token.kind !== 'value') continue;
    const before = tokens[i - 1]?.text.toUpperCase();
    const isOffset = before === 'OFFSET' || (before === 'LIMIT' && tokens[i + 1]?.text === ',');
    found.set(isOffset ? 'offset' : `#${position++}`, token.text);
  }
  return found;
}
