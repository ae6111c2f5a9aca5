import { digestText } from '../content-digest.ts';
import type { Fingerprint } from './fingerprint.ts';
import { withoutId } from './id-like.ts';

const READS: ReadonlySet<string> = new Set(
  (
    'GET GETS MGET HGET HMGET HGETALL HKEYS HVALS HLEN HEXISTS EXISTS TTL PTTL TYPE STRLEN GETRANGE LRANGE LLEN LINDEX SMEMBERS SISMEMBER ' +
    'SCARD SINTER SUNION ZRANGE ZREVRANGE ZRANGEBYSCORE ZSCORE ZCARD ZRANK XRANGE XREAD XLEN SCAN HSCAN SSCAN ZSCAN KEYS JSON.GET ' +
    'JSON.MGET FT.SEARCH FT.AGGREGATE PFCOUNT BITCOUNT GEOSEARCH MEMORY DBSIZE'
  ).split(' '),
);
const BATCHES: ReadonlySet<string> = new Set([
  'MGET',
  'MSET',
  'HMGET',
  'HMSET',
  'JSON.MGET',
  'PIPELINE',
  'MULTI',
  'EXEC',
]);

/**
 * A command of a key-value store (`GET user:123`): the command and its key with `{id}` for the parts that say which
 * one. Several commands in one text are a pipeline.
 */
export function fingerprintKeyValue(statement: string, operation = ''): Fingerprint {
  const lines = statement.split(/[\n;]/).filter((line) => line.trim() !== '');
  const words = (lines[0] ?? '').trim().split(/\s+/, 3);
  const named = operation !== '' && words[0]?.toUpperCase() !== operation.toUpperCase();
  const command = (named ? operation : (words[0] ?? operation)).toUpperCase();
  const key = named ? words[0] : words[1];
  const hidden = /(^|\s)\?(\s|$)|\[\d+ other arguments?\]/.test(statement.slice(0, 4096));
  const template = key === undefined || key === '?' ? '' : keyTemplate(key);
  const text = `${command}${template === '' ? '' : ` ${template}`}${lines.length > 1 ? ' …' : ''}`;
  return {
    text,
    subject: text,
    value: digestText(statement),
    complete: key !== undefined && key !== '?' && !hidden,
    batch: lines.length > 1 || BATCHES.has(command),
    detail: key === undefined || key === '?' ? 1 : 2,
    writes: !READS.has(command),
    target: template === '' ? undefined : template,
  };
}

/** `tenant-7f:user:123` has its ids replaced part by part. */
function keyTemplate(key: string): string {
  return key
    .slice(0, 256)
    .split(/([:/|]+)/)
    .map((part, i) => (i % 2 === 0 ? withoutId(part) : part))
    .join('');
}
