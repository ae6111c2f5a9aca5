import type { RepeatCall } from '../analyses/repeat-calls.ts';
import type { RepeatFacts } from './repeat-facts.ts';
import { gapsOf, medianOf } from './repeat-facts.ts';

/** Names of a parameter that asks for the next part of one answer, letters only, lower case. */
const PAGING: ReadonlySet<string> = new Set(
  (
    'page pagenumber pageno pageindex pagetoken nextpagetoken offset start startat startindex skip cursor nextcursor after startingafter ' +
    'token nexttoken continuationtoken continuation marker'
  ).split(' '),
);

/** Every attempt failed, except possibly the last; and none of them is known to ask for something else. */
export function isRetry({ group: { calls }, distinct }: RepeatFacts): boolean {
  return (distinct ?? 1) === 1 && calls.slice(0, -1).every((call) => call.failed);
}

/** The same question asked again after a pause, answers unknown or not all the same. */
export function isPolling({ group: { calls }, same, results }: RepeatFacts, minGapRatio: number): boolean {
  if (!same || results === 'equal') return false;
  const length = medianOf(calls.map((call) => call.end - call.start));
  return medianOf(gapsOf(calls)) >= Math.max(1, minGapRatio * length);
}

/** The name of the one parameter that varies, if it is one by which answers are paged. */
export function pagingParameter({ group: { calls } }: RepeatFacts): string | undefined {
  const varying = varyingParameters(calls);
  const [name] = varying;
  if (varying.length !== 1 || name === undefined) return undefined;
  const plain = (name.split('/', 1)[0] as string).replace(/[^A-Za-z]/g, '').toLowerCase();
  if (!PAGING.has(plain)) return undefined;
  const values = calls.map((call) => call.fingerprint.parameters?.get(name) ?? '');
  return isAdvancing(values) ? (name.split('/', 1)[0] as string) : undefined;
}

function varyingParameters(calls: readonly RepeatCall[]): string[] {
  const names = new Set<string>();
  for (const call of calls) for (const name of call.fingerprint.parameters?.keys() ?? []) names.add(name);
  return [...names].filter((name) => {
    const first = calls[0]?.fingerprint.parameters?.get(name);
    return calls.some((call) => call.fingerprint.parameters?.get(name) !== first);
  });
}

/** Numbers must grow or shrink all the way; tokens must never come back. */
function isAdvancing(values: readonly string[]): boolean {
  const numbers = values.map((value) => (/^\d{1,15}$/.test(value) ? Number(value) : Number.NaN));
  if (numbers.some(Number.isNaN)) return new Set(values).size === values.length;
  const step = Math.sign((numbers[1] ?? 0) - (numbers[0] ?? 0));
  return step !== 0 && numbers.every((n, i) => i === 0 || Math.sign(n - (numbers[i - 1] as number)) === step);
}

/**
 * Calls that ran a few at a time, each later one as soon as an earlier one had ended:
 *
 *     ####  ######      at most 2 of 6 at a time
 *     ###########
 */
export function isWorkerPool({ group: { calls }, measure }: RepeatFacts, maxGapNs: number): boolean {
  const lanes = measure.mostAtOnce;
  if (lanes < 2 || lanes * 2 > calls.length) return false;
  const ends = Float64Array.from(calls, (call) => call.end).sort();
  let prompt = 0;
  for (let i = lanes, ended = 0; i < calls.length; i++) {
    const { start } = calls[i] as RepeatCall;
    while (ended < ends.length && (ends[ended] as number) <= start) ended++;
    if (ended > 0 && start - (ends[ended - 1] as number) <= maxGapNs) prompt++;
  }
  return prompt >= 0.9 * (calls.length - lanes);
}

/**
 * Which calls of a sequence lie in a cycle (`a b a b a b`): a run that equals itself `period` earlier for so long that
 * the cycle is there `repeats` times. `values` that are undefined equal nothing.
 */
export function cycleMembers(values: readonly (string | undefined)[], maxPeriod: number, repeats: number): Uint8Array {
  const member = new Uint8Array(values.length);
  for (let period = 2; period <= maxPeriod; period++) {
    let run = 0;
    for (let i = period; i <= values.length; i++) {
      if (i < values.length && values[i] !== undefined && values[i] === values[i - period]) {
        run++;
        continue;
      }
      if (run >= period * (repeats - 1) && isVaried(values, i - period, i)) member.fill(1, i - run - period, i);
      run = 0;
    }
  }
  return member;
}

const isVaried = (values: readonly (string | undefined)[], from: number, to: number): boolean =>
  new Set(values.slice(from, to)).size > 1;
