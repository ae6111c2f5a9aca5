import { describe, expect, it } from 'vitest';
import { isSameModel } from '../../../src/analyze/semantics/same-model.ts';

describe('the same model', () => {
  it.each([
    ['gpt-4o', 'gpt-4o'],
    ['gpt-4o', 'gpt-4o-2024-08-06'],
    ['gpt-4', 'gpt-4-0613'],
    ['openai/gpt-4o', 'GPT-4o'],
    ['models/gemini-1.5-pro', 'gemini-1.5-pro-002'],
    ['claude-3-5-sonnet', 'claude-3-5-sonnet@20240620'],
    ['claude-3-5-sonnet-latest', 'claude-3-5-sonnet'],
    ['anthropic.claude-3-haiku', 'anthropic.claude-3-haiku-v1:0'],
  ])('%s and %s', (a, b) => {
    expect(isSameModel(a, b)).toBe(true);
    expect(isSameModel(b, a)).toBe(true);
  });

  it.each([
    ['gpt-4o', 'gpt-4o-mini'],
    ['gpt-4', 'gpt-4.1'],
    ['gpt-4', 'gpt-4-32k'],
    ['gpt-4o', 'o4'],
  ])('but not %s and %s', (a, b) => {
    expect(isSameModel(a, b)).toBe(false);
    expect(isSameModel(b, a)).toBe(false);
  });
});
