/** A token of a statement. `value`: a literal; `bind`: a placeholder; `open`/`close`: parentheses and brackets. */
export interface SqlToken {
  readonly kind: 'word' | 'name' | 'value' | 'bind' | 'open' | 'close' | 'mark';
  readonly text: string;
}

export interface SqlDialect {
  /** `"…"` is a string (MySQL and its kin), not an identifier. */
  readonly doubleQuotedStrings: boolean;
}

const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';
const isNameStart = (c: string | undefined): boolean =>
  c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_' || c > '\x7f');
const isNamePart = (c: string | undefined): boolean => isNameStart(c) || isDigit(c) || c === '$';
const isSpace = (c: string | undefined): boolean => c === ' ' || c === '\n' || c === '\t' || c === '\r' || c === '\f';

const STRING_PREFIXES: ReadonlySet<string> = new Set(['e', 'n', 'b', 'x', 'r', '_utf8', '_utf8mb4', '_binary']);
const BEFORE_TABLE: ReadonlySet<string> = new Set(['from', 'into', 'join', 'update', 'table']);

/** Splits a statement in one pass, left to right; every character is looked at a bounded number of times. */
export function sqlTokens(sql: string, dialect: SqlDialect): SqlToken[] {
  const tokens: SqlToken[] = [];
  let at = 0;
  const push = (kind: SqlToken['kind'], end: number): void => {
    tokens.push({ kind, text: sql.slice(at, end) });
    at = end;
  };
  while (at < sql.length) {
    const skipped = skipBlank(sql, at, tokens);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const c = sql[at] as string;
    if (isNameStart(c)) push(...wordAt(sql, at));
    else if (isDigit(c) || (c === '.' && isDigit(sql[at + 1]) && !isOperand(tokens.at(-1))))
      push('value', numberEnd(sql, at));
    else if ((c === '-' || c === '+') && isDigit(sql[at + 1]) && !isOperand(tokens.at(-1)))
      push('value', numberEnd(sql, at + 1));
    else if (c === "'") push('value', quotedEnd(sql, at, "'", true));
    else if (c === '"')
      push(dialect.doubleQuotedStrings ? 'value' : 'name', quotedEnd(sql, at, '"', dialect.doubleQuotedStrings));
    else if (c === '`') push('name', quotedEnd(sql, at, '`', false));
    else if (c === '[' && isBracketedName(sql, at)) push('name', quotedEnd(sql, at, ']', false));
    else push(...markAt(sql, at));
  }
  return tokens;
}

function wordAt(sql: string, at: number): [SqlToken['kind'], number] {
  let end = at + 1;
  while (isNamePart(sql[end])) end++;
  if (sql[end] === "'" && STRING_PREFIXES.has(sql.slice(at, end).toLowerCase()))
    return ['value', quotedEnd(sql, end, "'", true)];
  if (end - at === 1 && sql[end] === '&' && sql[end + 1] === "'") return ['value', quotedEnd(sql, end + 1, "'", false)];
  return ['word', end];
}

/** Marks, placeholders and dollar quotes. */
function markAt(sql: string, at: number): [SqlToken['kind'], number] {
  const c = sql[at] as string;
  const next = sql[at + 1];
  if (c === '(' || c === '[') return ['open', at + 1];
  if (c === ')' || c === ']') return ['close', at + 1];
  if (c === '?') return ['bind', digitsEnd(sql, at + 1)];
  if (c === '$' && isDigit(next)) return ['bind', digitsEnd(sql, at + 1)];
  if (c === '$') return dollarQuote(sql, at);
  if (c === ':' && next === ':') return ['mark', at + 2];
  if ((c === ':' || c === '@') && (isNameStart(next) || isDigit(next))) return ['bind', nameEnd(sql, at + 1)];
  if (c === '@' && next === '@') return ['word', nameEnd(sql, at + 2)];
  if (c === '%' && next === 's' && !isNamePart(sql[at + 2])) return ['bind', at + 2];
  if (c === '%' && next === '(') {
    const close = sql.indexOf(')', at);
    if (close > 0 && sql[close + 1] === 's') return ['bind', close + 2];
  }
  if (c === '{' && isNameStart(next)) {
    const close = nameEnd(sql, at + 1);
    if (sql[close] === ':' && sql.indexOf('}', close) > 0) return ['bind', sql.indexOf('}', close) + 1];
  }
  if (c === '#' && isNameStart(next)) return ['word', nameEnd(sql, at + 1)];
  const operator = OPERATORS.find((text) => sql.startsWith(text, at));
  return ['mark', at + (operator?.length ?? 1)];
}

const OPERATORS = ['->>', '#>>', '<=', '>=', '<>', '!=', '||', '->', '#>', '@>', '<@', '&&', ':=', '=='];

/** Past white space and comments, or `at` where there is none. */
function skipBlank(sql: string, at: number, before: readonly SqlToken[]): number {
  const c = sql[at];
  if (isSpace(c)) return at + 1;
  if (c === '-' && sql[at + 1] === '-') return lineEnd(sql, at);
  if (c === '/' && sql[at + 1] === '*') {
    const end = sql.indexOf('*/', at + 2);
    return end < 0 ? sql.length : end + 2;
  }
  // MySQL's line comment; not PostgreSQL's operators `#>` and `#-`, not SQL Server's temporary tables.
  if (c === '#' && sql[at + 1] !== '>' && sql[at + 1] !== '-') {
    const last = before.at(-1);
    if (isNameStart(sql[at + 1]) && last !== undefined && BEFORE_TABLE.has(last.text.toLowerCase())) return at;
    return lineEnd(sql, at);
  }
  return at;
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end < 0 ? sql.length : end + 1;
}

/** The end of what `at` opens; a doubled quote (and, in strings, a backslash) keeps it open. */
function quotedEnd(sql: string, at: number, close: string, backslash: boolean): number {
  for (let i = at + 1; i < sql.length; i++) {
    const c = sql[i];
    if (c === '\\' && backslash) i++;
    else if (c === close) {
      if (sql[i + 1] !== close) return i + 1;
      i++;
    }
  }
  return sql.length;
}

/** `$tag$ … $tag$`, or a lone `$`. */
function dollarQuote(sql: string, at: number): [SqlToken['kind'], number] {
  let end = at + 1;
  while (isNameStart(sql[end]) || isDigit(sql[end])) end++;
  if (sql[end] !== '$') return ['mark', at + 1];
  const tag = sql.slice(at, end + 1);
  const close = sql.indexOf(tag, end + 1);
  return ['value', close < 0 ? sql.length : close + tag.length];
}

function numberEnd(sql: string, at: number): number {
  let end = at;
  if (sql[end] === '0' && (sql[end + 1] === 'x' || sql[end + 1] === 'X')) return nameEnd(sql, end + 2);
  while (isDigit(sql[end]) || sql[end] === '.' || sql[end] === '_') end++;
  if (sql[end] !== 'e' && sql[end] !== 'E') return end;
  const sign = sql[end + 1] === '-' || sql[end + 1] === '+' ? 1 : 0;
  return isDigit(sql[end + 1 + sign]) ? digitsEnd(sql, end + 1 + sign) : end;
}

function digitsEnd(sql: string, at: number): number {
  let end = at;
  while (isDigit(sql[end])) end++;
  return end;
}

function nameEnd(sql: string, at: number): number {
  let end = at;
  while (isNamePart(sql[end])) end++;
  return end;
}

/** SQL Server's `[name]`, not a subscript and not the elements of an array. */
function isBracketedName(sql: string, at: number): boolean {
  const before = sql[at - 1];
  return isNameStart(sql[at + 1]) && !isNamePart(before) && before !== ')' && before !== ']';
}

/** After an operand a sign is an operator. */
function isOperand(token: SqlToken | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'word') return !SIGN_MAY_FOLLOW.has(token.text.toLowerCase());
  return token.kind === 'name' || token.kind === 'value' || token.kind === 'bind' || token.kind === 'close';
}

const SIGN_MAY_FOLLOW: ReadonlySet<string> = new Set(
  'select where and or not in between limit offset values set then else when case like is by return on having'.split(
    ' ',
  ),
);
