import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../../../src/analyze/analyses/critical-path/index.ts';
import { SHAPES } from '../../../support/big-traces.ts';

const shape = (name: string, n: number) => criticalPath((SHAPES[name] as (n: number) => never)(n));

describe('the work of the critical path', () => {
  it.each(Object.keys(SHAPES))('grows hardly faster than the trace: %s', (name) => {
    const steps = [4_000, 8_000, 16_000].map((n) => shape(name, n).steps);
    expect((steps[1] as number) / (steps[0] as number)).toBeLessThan(2.5);
    expect((steps[2] as number) / (steps[1] as number)).toBeLessThan(2.5);
  });

  it('ends for a million spans, each inside the one before', () => {
    const path = shape('chain', 1_000_000);
    expect(path.segments.length).toBe(2 * 1_000_000 - 1);
  }, 60_000);

  it('ends for a hundred thousand hoists inside each other, and as many interruptions', () => {
    const path = shape('nested hoists, often interrupted', 200_000);
    expect(path.edge.filter((edge) => edge === 'hoisted').length).toBe(50_000);
  }, 60_000);

  it('ends for a hundred thousand children', () => {
    expect(shape('star', 100_000).segments.length).toBe(2 * 100_000 - 1);
    expect(shape('siblings that all overlap', 100_000).segments.length).toBeGreaterThan(1);
  }, 60_000);
});
