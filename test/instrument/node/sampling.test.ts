import { context, ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadSampler, planSampling, shareSampler } from '../../../src/instrument/node/sampling.ts';

const traceIds = fc.bigInt(1n, 2n ** 128n - 1n).map((id) => id.toString(16).padStart(32, '0'));

describe('what is kept', () => {
  it.each([
    [undefined, { ratio: 1, slowMs: undefined }],
    [{ ratio: 0.25 }, { ratio: 0.25, slowMs: undefined }],
    [
      { ratio: 0, keepErrorsAndSlow: true },
      { ratio: 0, slowMs: 10_000 },
    ],
    [
      { ratio: 0.5, keepErrorsAndSlow: false },
      { ratio: 0.5, slowMs: undefined },
    ],
    [
      { ratio: 0.5, keepErrorsAndSlow: { slowMs: 70 } },
      { ratio: 0.5, slowMs: 70 },
    ],
    [{ ratio: 1.5 }, { ratio: 1, slowMs: undefined }],
    [{ ratio: Number.NaN }, { ratio: 1, slowMs: undefined }],
  ])('is what the code says: %o', (options, plan) => {
    expect(planSampling(options, {})).toEqual({ ...plan, isParentBased: true, isFromEnvironment: false });
    expect(planSampling(options, { OTEL_TRACES_SAMPLER: ' ' })).toMatchObject(plan);
  });

  it.each([
    ['always_on', undefined, { ratio: 1, isParentBased: false }],
    ['always_off', undefined, { ratio: 0, isParentBased: false }],
    ['traceidratio', '0.1', { ratio: 0.1, isParentBased: false }],
    ['parentbased_always_on', undefined, { ratio: 1, isParentBased: true }],
    ['parentbased_always_off', undefined, { ratio: 0, isParentBased: true }],
    ['parentbased_traceidratio', '0', { ratio: 0, isParentBased: true }],
    ['parentbased_traceidratio', undefined, { ratio: 1, isParentBased: true }],
    ['traceidratio', 'half', { ratio: 1, isParentBased: false }],
    ['traceidratio', '2', { ratio: 1, isParentBased: false }],
    ['jaeger_remote', '0.1', { ratio: 1, isParentBased: true }],
  ])('is what the environment says, whatever the code does: %s %s', (name, argument, plan) => {
    const env = { OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument };
    const options = { ratio: 0.5, keepErrorsAndSlow: true };
    expect(planSampling(options, env)).toEqual({ ...plan, slowMs: undefined, isFromEnvironment: true });
  });
});

describe('the share', () => {
  it('is decided by the id alone, is about as large as asked for, and the smaller is in the larger', () => {
    const [tenth, half] = [shareSampler(0.1), shareSampler(0.5)];
    fc.assert(
      fc.property(traceIds, (id) => {
        expect(shareSampler(0.1)(id)).toBe(tenth(id));
        if (tenth(id)) expect(half(id)).toBe(true);
        expect([shareSampler(0)(id), shareSampler(1)(id)]).toEqual([false, true]);
      }),
    );
    const ids = Array.from({ length: 4000 }, (_, i) =>
      (Math.imul(i + 1, 2654435761) >>> 0).toString(16).padStart(32, '0'),
    );
    const kept = ids.filter(tenth).length;
    expect([kept > 300, kept < 500]).toEqual([true, true]);
  });
});

describe('a sampler at the start', () => {
  const plan = { ratio: 0, slowMs: undefined, isFromEnvironment: false };
  const below = (traceFlags: TraceFlags, isRemote: boolean) =>
    trace.setSpanContext(ROOT_CONTEXT, { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags, isRemote });
  const decide = (sampler: HeadSampler, parent = context.active()) =>
    sampler.shouldSample(parent, '1'.repeat(32), 'name', SpanKind.INTERNAL, {}, []).decision;

  it('follows the parent, remote or not, and counts what is not made', () => {
    const sampler = new HeadSampler({ ...plan, isParentBased: true });
    const decisions = [
      decide(sampler),
      decide(sampler, below(TraceFlags.SAMPLED, true)),
      decide(sampler, below(TraceFlags.SAMPLED, false)),
      decide(sampler, below(TraceFlags.NONE, true)),
    ];
    expect([decisions, sampler.sampledOut]).toEqual([[0, 2, 2, 0], 2]);
    expect(String(sampler)).toContain('TraceIdRatioBased{0}');
  });

  it('follows nobody where the environment says so', () => {
    const sampler = new HeadSampler({ ...plan, isParentBased: false });
    expect([decide(sampler, below(TraceFlags.SAMPLED, true)), sampler.sampledOut]).toEqual([0, 1]);
  });
});
