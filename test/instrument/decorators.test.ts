import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agent, tool } from '../../src/instrument/index.ts';
import { compilePrograms, type Programs } from '../support/run-program.ts';

const PROGRAM = 'test/instrument/programs/decorated';

let programs: Programs;

beforeAll(() => {
  programs = compilePrograms(PROGRAM);
});

afterAll(() => programs.remove());

describe('as a decorator', () => {
  it('wraps methods, static and private ones and functions in fields, named for themselves unless named', async () => {
    const { stdout, stderr } = await programs.run(PROGRAM);
    expect(stderr).toBe('');
    const execute = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.type': 'function' };
    expect(JSON.parse(stdout)).toEqual({
      results: ['Paris: 20 C', 'rain', 'plan in C', 'direct'],
      spans: [
        ['degrees', 'execute_tool today', {}],
        ['execute_tool today', '', { ...execute, 'gen_ai.tool.name': 'today' }],
        [
          'execute_tool forecast',
          '',
          { ...execute, 'gen_ai.tool.name': 'forecast', 'gen_ai.provider.name': 'openmeteo' },
        ],
        [
          'invoke_agent plan',
          '',
          { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'plan', planned: true },
        ],
        ['execute_tool direct', '', { ...execute, 'gen_ai.tool.name': 'direct' }],
      ],
      name: 'today',
      length: 1,
    });
  });

  it.each(['class', 'getter', 'setter', 'accessor'])('refuses a %s', (kind) => {
    const decorator = tool() as unknown as (value: unknown, context: unknown) => unknown;
    expect(() => decorator(class {}, { kind, name: 'X' })).toThrow(/^@tool is for methods and functions in fields/);
  });

  it('says what is wrong where decorators are the legacy ones', () => {
    const decorator = agent('a') as unknown as (...args: unknown[]) => unknown;
    expect(() => decorator({}, 'method', { value: () => 1 })).toThrow(/@agent is a standard decorator.*experimental/);
    expect(() => (tool as unknown as typeof decorator)({}, 'method', {})).toThrow(/@tool is a standard decorator/);
  });
});
