import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isUtf8, wantsColour, widthOf } from '../../src/cli/colour.ts';

const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 57 });
const pipe = new PassThrough();

describe('colour', () => {
  it.each<[string, NodeJS.ProcessEnv, boolean | undefined, boolean, boolean]>([
    // what, environment, flag, in a terminal, in a pipe
    ['nothing said', {}, undefined, true, false],
    ['NO_COLOR', { NO_COLOR: '1' }, undefined, false, false],
    ['NO_COLOR set to nothing', { NO_COLOR: '' }, undefined, true, false],
    ['FORCE_COLOR', { FORCE_COLOR: '1' }, undefined, true, true],
    ['FORCE_COLOR=true', { FORCE_COLOR: 'true' }, undefined, true, true],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0' }, undefined, false, false],
    ['FORCE_COLOR=false', { FORCE_COLOR: 'false' }, undefined, false, false],
    ['NO_COLOR against FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '1' }, undefined, false, false],
    ['a dumb terminal', { TERM: 'dumb' }, undefined, false, false],
    ['CI', { CI: '1' }, undefined, true, false],
    ['--color against NO_COLOR', { NO_COLOR: '1' }, true, true, true],
    ['--no-color against FORCE_COLOR', { FORCE_COLOR: '1' }, false, false, false],
  ])('%s', (_, env, flag, inTerminal, inPipe) => {
    expect(wantsColour(terminal, env, flag)).toBe(inTerminal);
    expect(wantsColour(pipe, env, flag)).toBe(inPipe);
  });
});

it('writes for the width of the terminal, and for 100 columns elsewhere', () => {
  expect(widthOf(terminal)).toBe(57);
  expect(widthOf(pipe)).toBe(100);
});

it.each<[NodeJS.ProcessEnv, boolean]>([
  [{ LANG: 'C.UTF-8' }, true],
  [{ LANG: 'de_DE.utf8' }, true],
  [{ LANG: 'C' }, false],
  [{ LANG: 'C', LC_ALL: 'en_US.UTF-8' }, true],
  [{}, true],
  [{ LANG: 'C.UTF-8', TERM: 'dumb' }, false],
])('uses more than ASCII where %j lets it', (env, expected) => {
  expect(isUtf8(env)).toBe(expected);
});
