import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';

type Json = { readonly [member: string]: unknown };

export const reportSchema = JSON.parse(
  readFileSync(new URL('../../../docs/report.schema.json', import.meta.url), 'utf8'),
) as Json;

const validate = new Ajv({ strict: true }).compile(closed(reportSchema) as Json);

/** What is wrong with a report; members that the schema does not name count as wrong too. */
export function schemaErrors(
  report: unknown,
): readonly { readonly instancePath: string; readonly message: string | undefined; readonly params: object }[] {
  validate(report);
  return (validate.errors ?? []).map(({ instancePath, message, params }) => ({ instancePath, message, params }));
}

/** The schema lets readers ignore unknown members; a member of ours that it does not name is a mistake. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const result = Object.fromEntries(entries) as Json;
  return 'properties' in result && !('additionalProperties' in result)
    ? { ...result, additionalProperties: false }
    : result;
}
