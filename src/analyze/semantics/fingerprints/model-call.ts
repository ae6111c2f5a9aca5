import type { Trace } from '../../model/trace.ts';
import { firstAttribute } from '../first-attribute.ts';
import { identityOf } from '../identity.ts';
import type { Kind } from '../kinds.ts';
import { agentName, toolName } from '../names.ts';
import type { Fingerprint } from './fingerprint.ts';
import { nameWithoutIds, withoutId } from './id-like.ts';

const ARGUMENTS = [
  'gen_ai.tool.call.arguments',
  'ai.toolCall.args',
  'ai.toolCall.input',
  'gcp.vertex.agent.tool_call_args',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'input.value',
];
const PROMPTS = [
  'ta.args_hash',
  'gen_ai.input.messages',
  'gen_ai.prompt',
  'ai.prompt.messages',
  'ai.prompt',
  'gcp.vertex.agent.llm_request',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'input.value',
];
const INPUTS = [
  'ta.args_hash',
  'gen_ai.input.messages',
  'ai.value',
  'ai.values',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'input.value',
];
const QUERIES = [
  'ta.args_hash',
  'gen_ai.retrieval.query.text',
  'gen_ai.memory.query.text',
  'traceloop.entity.input',
  'langfuse.observation.input',
  'input.value',
];
const RESULTS = [
  'ta.result_hash',
  'gen_ai.tool.call.result',
  'ai.toolCall.result',
  'ai.toolCall.output',
  'gcp.vertex.agent.tool_response',
  'gen_ai.output.messages',
  'gen_ai.completion',
  'gen_ai.retrieval.documents',
  'traceloop.entity.output',
  'langfuse.observation.output',
  'output.value',
];

/** A digest of what a call answered, where it is recorded. */
export const resultOf = (trace: Trace, span: number): string | undefined => firstAttribute(trace, span, RESULTS);

/** A tool: its name and the names of its arguments; the value is the digest of the arguments. */
export function fingerprintTool(trace: Trace, span: number): Fingerprint {
  const name = nameWithoutIds(toolName(trace, span));
  const given = argumentsOf(trace, span);
  return {
    text: given?.names ? `${name}(${given.names})` : name,
    subject: name,
    value: given?.digest,
    complete: given !== undefined,
    batch: batchSize(trace, span) > 1,
    detail: 2,
    writes: trace.attribute(span, 'ta.tool.read_only') === 'false',
    target: name,
    parameters: given?.parameters ?? new Map(),
  };
}

interface Arguments {
  readonly names: string;
  readonly digest: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `names|digest|digests by name`, as `digestArguments` writes them; or what our own instrumentation digested. */
function argumentsOf(trace: Trace, span: number): Arguments | undefined {
  const own = trace.attribute(span, 'ta.args_hash');
  const text = firstAttribute(trace, span, ARGUMENTS);
  const seen = text === undefined ? undefined : digestsIn(text);
  if (own === undefined) return seen;
  // Our own digest is of all arguments, also where the recorded ones were cut.
  const names = trace.attribute(span, 'ta.args_keys') ?? seen?.names ?? '';
  return { names, digest: own, parameters: seen?.parameters ?? new Map() };
}

function digestsIn(text: string): Arguments {
  const [names = '', digest = text, each = ''] = text.split('|', 3);
  const digests = each.split(',');
  const parameters = new Map<string, string>();
  names.split(',').forEach((name, i) => {
    if (name !== '' && digests[i]) parameters.set(name, digests[i] as string);
  });
  return { names, digest, parameters };
}

/**
 * A model call: operation, provider, model, agent, named prompt, system instructions and tool definitions; never the
 * prompt itself. The value is the digest of the input messages.
 */
export function fingerprintModelCall(trace: Trace, span: number, kind: Kind): Fingerprint {
  const { provider, model, host } = identityOf(trace, span);
  const attribute = (key: string): string | undefined => trace.attribute(span, key);
  const prompt = [attribute('gen_ai.prompt.name'), attribute('gen_ai.prompt.version')].filter((x) => x !== undefined);
  const parts = [
    attribute('gen_ai.operation.name') ?? kind,
    provider ?? host ?? '',
    model ?? '',
    agentName(trace, span) ?? '',
    prompt.join('@'),
    attribute('gen_ai.system_instructions')?.slice(0, 8) ?? '',
    attribute('gen_ai.tool.definitions')?.slice(0, 8) ?? '',
  ];
  const value = firstAttribute(trace, span, kind === 'embedding' ? INPUTS : PROMPTS);
  return {
    text: parts.join('|').replace(/\|+$/, ''),
    subject: model === undefined ? kind : `${kind} ${model}`,
    value,
    complete: value !== undefined,
    batch: batchSize(trace, span) > 1,
    detail: model === undefined && provider === undefined && host === undefined ? 0 : 1,
    writes: false,
    target: model ?? provider,
  };
}

/** A search in a store of documents or vectors: the system, the collection and the operation. */
export function fingerprintRetrieval(trace: Trace, span: number): Fingerprint {
  const first = (...keys: string[]): string | undefined => firstAttribute(trace, span, keys);
  const { provider, host } = identityOf(trace, span);
  const system = first('db.system.name', 'db.system') ?? provider ?? host;
  const source = first(
    'gen_ai.data_source.id',
    'gen_ai.memory.store.id',
    'db.collection.name',
    'db.sql.table',
    'db.namespace',
    'db.name',
  );
  const operation = first('db.operation.name', 'db.operation', 'gen_ai.operation.name');
  const known = [operation, system, source === undefined ? undefined : withoutId(source)].filter(
    (x) => x !== undefined,
  );
  const value = firstAttribute(trace, span, QUERIES);
  const text = source === undefined && system === undefined ? nameWithoutIds(trace.name(span)) : known.join('|');
  return {
    text,
    subject: source ?? system ?? text,
    value,
    complete: value !== undefined,
    batch: batchSize(trace, span) > 1,
    detail: source === undefined && system === undefined ? 0 : 1,
    writes: /create|delete|update|upsert|insert/i.test(operation ?? ''),
    target: source ?? system,
  };
}

/** How many inputs one call carries, where that is recorded; else 1. */
export function batchSize(trace: Trace, span: number): number {
  const recorded = firstAttribute(trace, span, [
    'ta.batch_size',
    'db.operation.batch.size',
    'messaging.batch.message_count',
  ]);
  const size = recorded === undefined ? 1 : Number(recorded);
  return Number.isFinite(size) && size > 1 ? Math.floor(size) : 1;
}
