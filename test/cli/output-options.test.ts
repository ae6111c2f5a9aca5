import { describe, expect, it } from 'vitest';
import { parseOutputs } from '../../src/cli/output-options.ts';

describe('where reports go', () => {
  it.each([
    [{}, [{ format: 'text' }]],
    [{ json: true }, [{ format: 'json' }]],
    [{ output: 'r.txt' }, [{ format: 'text', file: 'r.txt' }]],
    [{ output: '-' }, [{ format: 'text' }]],
    [{ json: true, output: 'r.json' }, [{ format: 'json', file: 'r.json' }]],
    [{ format: ['text', 'json=a=b.json'] }, [{ format: 'text' }, { format: 'json', file: 'a=b.json' }]],
    [{ format: ['md=-'] }, [{ format: 'md' }]],
  ])('%j', (flags, outputs) => {
    expect(parseOutputs(flags)).toEqual(outputs);
  });

  it.each([
    [{ format: ['html'] }, '--format "html" is unknown'],
    [{ format: ['json='] }, '--format json= names no file'],
    [{ format: ['text', 'md'] }, 'text and md cannot both go to stdout'],
    [{ json: true, format: ['text'] }, 'text and json cannot both go to stdout'],
    [{ format: ['json=r.json'], output: 'x' }, '--output has nothing to write: every --format has its own file'],
  ])('refuses %j', (flags, message) => {
    expect(() => parseOutputs(flags)).toThrow(message);
  });
});
