import { describe, expect, it } from 'vitest';
import { jaegerTraceId, linkBuilder, normalizeUiBase } from '../../../src/analyze/report/links.ts';

describe('links into a Jaeger UI', () => {
  const links = linkBuilder('http://localhost:16686');

  it('open a trace, and a trace at one or more spans', () => {
    expect(links?.trace('3e289017fe03ffd7c4145316d2eb3d0d')).toBe(
      'http://localhost:16686/trace/3e289017fe03ffd7c4145316d2eb3d0d',
    );
    expect(links?.spans('3e289017fe03ffd7c4145316d2eb3d0d', ['1f9762ca1e03e2d2', 'e3daa973379bbe3b'])).toBe(
      'http://localhost:16686/trace/3e289017fe03ffd7c4145316d2eb3d0d?uiFind=1f9762ca1e03e2d2%20e3daa973379bbe3b',
    );
  });

  it('name a hex trace id by 32 lower-case digits and leave other ids as they are', () => {
    expect(jaegerTraceId('ABC1')).toBe('0000000000000000000000000000abc1');
    expect(jaegerTraceId('0af7651916cd43dd8448eb211c80319c')).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(jaegerTraceId('run-7')).toBe('run-7');
    expect(jaegerTraceId('0'.repeat(33))).toBe('0'.repeat(33));
    expect(jaegerTraceId('')).toBe('');
  });

  it('keep the base path of the UI, and neither credentials nor query', () => {
    expect(normalizeUiBase('https://me:secret@obs.example.com/jaeger/ui//?x=1#y')).toBe(
      'https://obs.example.com/jaeger/ui',
    );
    expect(normalizeUiBase('http://localhost:16686/')).toBe('http://localhost:16686');
  });

  it('do not exist without a base that a browser can open', () => {
    for (const base of [undefined, '', 'localhost:16686', 'javascript:alert(1)', 'file:///tmp', 'no url']) {
      expect(linkBuilder(base), String(base)).toBeUndefined();
    }
  });

  it('encode what ids may hold', () => {
    expect(links?.spans('a/b?c', ['x&y z', '\ud800'])).toBe(
      'http://localhost:16686/trace/a%2Fb%3Fc?uiFind=x%26y%20z%20%EF%BF%BD',
    );
  });
});
