import { describe, expect, it } from 'vitest';
import { mergeAll, partialOf, reportOf } from '../../../src/analyze/aggregate/index.ts';
import type { Report } from '../../../src/analyze/report/types.ts';
import { jsonChunks } from '../../../src/analyze/reporters/json.ts';
import { fakeFacts } from '../aggregate/fake-facts.ts';
import { agentRun, everythingRun } from '../aggregate/fake-runs.ts';
import { reportSchema, schemaErrors } from './report-schema.ts';

const CONTEXT = {
  toolVersion: '0.1.0',
  sources: [{ name: 'traces.json', format: 'jaeger-json', bytes: 10, traces: 2, spans: 20 }],
  skipped: [
    { source: 'traces.json', line: 14, reason: 'no trace id', count: 2 },
    { source: 'traces.json', byte: 0, reason: 'no trace id', count: 1 },
  ],
  partialReasons: ['limit', 'cut_input'],
  uiBase: 'http://localhost:16686',
} as const;

const printed = (report: Report): unknown => JSON.parse([...jsonChunks(report)].join(''));

describe('the published schema', () => {
  it('names every member of a report that has them all', () => {
    const partial = mergeAll([agentRun('a'), everythingRun('b')].map((run) => partialOf(fakeFacts(run))));
    const report = printed(reportOf(partial, CONTEXT));
    expect(schemaErrors(report)).toEqual([]);
    expect(unusedMembers(reportSchema, report)).toEqual([]);
  });

  it('holds for a report of nothing', () => {
    const context = { toolVersion: '0.1.0', sources: [], skipped: [], partialReasons: [] };
    expect(schemaErrors(printed(reportOf(mergeAll([]), context)))).toEqual([]);
  });

  it('finds a misspelt, a missing and a wrong member', () => {
    const report = printed(reportOf(partialOf(fakeFacts(agentRun('a'))), CONTEXT)) as { thirdParty: object };
    const { calls, ...rest } = report.thirdParty as { calls: number };
    expect(schemaErrors({ ...report, thirdParty: { ...rest, callz: calls } })[0]).toMatchObject({
      instancePath: '/thirdParty',
      params: { missingProperty: 'calls' },
    });
    expect(schemaErrors({ ...report, thirdParty: { ...report.thirdParty, callz: 1 } })[0]).toMatchObject({
      params: { additionalProperty: 'callz' },
    });
    expect(schemaErrors({ ...report, thirdParty: { ...report.thirdParty, wallShare: 1.5 } })[0]).toMatchObject({
      instancePath: '/thirdParty/wallShare',
    });
  });
});

/** Paths of the schema's members that a report does not show: a test that rests on it would prove nothing for them. */
function unusedMembers(schema: { readonly [member: string]: unknown }, report: unknown): string[] {
  const seen = new Set<string>();
  const members = new Set<string>();
  const visit = (node: Node, values: readonly unknown[], path: string): void => {
    const target = node.$ref === undefined ? node : lookUp(schema, node.$ref);
    for (const part of target.anyOf ?? []) visit(part, values.filter(isObject), path);
    if (target.items) visit(target.items, values.flat(1), `${path}[]`);
    for (const [name, member] of Object.entries(target.properties ?? {})) {
      const inside = values.filter(isObject).flatMap((value) => (name in value ? [value[name]] : []));
      members.add(`${path}.${name}`);
      if (inside.length > 0) seen.add(`${path}.${name}`);
      visit(member, inside, `${path}.${name}`);
    }
  };
  visit(schema as Node, [report], '');
  return [...members].filter((member) => !seen.has(member));
}

interface Node {
  readonly $ref?: string;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
}

function lookUp(schema: object, reference: string): Node {
  const path = reference.slice(2).split('/');
  return path.reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], schema) as Node;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
