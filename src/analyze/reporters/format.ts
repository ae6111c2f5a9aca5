import type { Integer } from '../report/integer.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `850 ns`, `12 µs`, `350 ms`, `8.2 s`, `1 min 20 s`, `2 h 5 min`, `3 d 4 h`: two or three digits, as people say it. */
export function formatDuration(duration: Integer): string {
  const ns = Number(duration);
  if (ns < 0) return `−${formatDuration(-ns)}`;
  if (ns === 0) return '0 s';
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return `${shortNumber(ns / 1e3)} µs`;
  if (ns < 999.5e6) return `${shortNumber(ns / 1e6)} ms`;
  if (ns < 59.95e9) return `${(ns / 1e9).toFixed(1)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  return minutes < 2880 ? twoUnits(minutes, 60, 'h', 'min') : twoUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

function shortNumber(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

function twoUnits(count: number, per: number, large: string, small: string): string {
  const rest = count % per;
  return rest === 0 ? `${count / per} ${large}` : `${Math.floor(count / per)} ${large} ${rest} ${small}`;
}

/** `1.6–2.4 s`; one duration where both read the same. */
export function formatRange(low: Integer, high: Integer): string {
  const [from, to] = [formatDuration(low), formatDuration(high)];
  if (from === to) return from;
  const unit = / [^ ]+$/.exec(to)?.[0] ?? '';
  const isOneUnit =
    from.endsWith(unit) && from.indexOf(' ') === from.lastIndexOf(' ') && to.indexOf(' ') === to.lastIndexOf(' ');
  return isOneUnit ? `${from.slice(0, -unit.length)}–${to}` : `${from} – ${to}`;
}

/** `46 %`; never 0 or 100 for what is not. */
export function formatShare(share: number): string {
  if (share <= 0) return '0 %';
  if (share < 0.005) return '<1 %';
  if (share >= 0.995 && share < 1) return '>99 %';
  return `${Math.round(share * 100)} %`;
}

/** `48,211`. */
export function formatCount(count: Integer): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 run`, `2 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Calls per run: `5`, `2.4`. */
export function formatMean(sum: number, count: number): string {
  const mean = count === 0 ? 0 : sum / count;
  return Number.isInteger(mean) || mean >= 100 ? formatCount(Math.round(mean)) : mean.toFixed(1);
}

/** `20 Nov 2026 14:00–15:00 UTC`, from Unix nanoseconds in decimal. */
export function formatPeriod(firstUnixNano: string, lastUnixNano: string): string {
  const [first, last] = [timeOf(firstUnixNano), timeOf(lastUnixNano)];
  if (first.day !== last.day) return `${first.day} ${first.clock} – ${last.day} ${last.clock} UTC`;
  return `${first.day} ${first.clock === last.clock ? first.clock : `${first.clock}–${last.clock}`} UTC`;
}

function timeOf(unixNano: string): { readonly day: string; readonly clock: string } {
  const date = new Date(Number(BigInt(unixNano) / 1_000_000n));
  const two = (value: number): string => String(value).padStart(2, '0');
  return {
    day: `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`,
    clock: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
  };
}
