import {
  type Faults,
  faultsOf,
  type ReceivedRequest,
  type Reply,
  type SseEvent,
  startVendor,
  type Vendor,
} from './vendor.ts';

export { SLOW_MS } from './vendor.ts';

/** A function that the fake model wants called. The API leaves the id out unless it is given. */
export interface AskedFunction {
  readonly name: string;
  readonly args?: Record<string, unknown>;
  readonly id?: string;
}

export interface GoogleAnswer {
  readonly text?: string;
  readonly functionCalls?: readonly AskedFunction[];
  readonly finishReason?: string;
  /** The prompt is refused: no candidates at all. */
  readonly blockReason?: string;
}

type Script = (request: ReceivedRequest) => GoogleAnswer | undefined;
type Body = Record<string, unknown>;

/** 11 in (5 of them cached), 4 in from tools of the model's own, 6 out and 2 more thought. */
const USAGE = {
  promptTokenCount: 11,
  cachedContentTokenCount: 5,
  toolUsePromptTokenCount: 4,
  candidatesTokenCount: 6,
  thoughtsTokenCount: 2,
  totalTokenCount: 23,
};

/**
 * The Gemini API over real HTTP and SSE: `:generateContent`, `:streamGenerateContent?alt=sse`, `:batchEmbedContents`,
 * `:embedContent`, `:predict` (Vertex AI's embeddings) and `:countTokens`, below any path. No key is asked for.
 *
 * By default the model says `This is an answer.`, in four pieces as a stream. Where functions are declared it asks for
 * the first one until its response is there. Faults go by words behind a colon in the model's name; as the path itself
 * has a colon, write it as `gemini-fake:500` and the client does the rest.
 */
export async function startGoogle(script: Script = () => undefined): Promise<Vendor> {
  return startVendor((request, reply) => handle(request, reply, script));
}

async function handle(request: ReceivedRequest, reply: Reply, script: Script): Promise<void> {
  const path = decodeURIComponent(request.path.split('?')[0]!);
  const model = path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf(':'));
  const action = path.slice(path.lastIndexOf(':') + 1);
  const faults = faultsOf(model);
  if (faults.status !== undefined && reply.isDue(faults, path)) {
    return reply.json(errorBody(faults.status), faults.status);
  }
  const body = request.body ?? {};
  const answer = { ...defaultAnswer(body), ...script(request) };
  if (action === 'generateContent') return reply.answer(wholeAnswer(model, answer), faults);
  if (action === 'streamGenerateContent') {
    return reply.stream(pieces(model, answer, faults), faults, { data: errorBody(503) });
  }
  if (action === 'countTokens') return reply.json({ totalTokens: 11 });
  if (action === 'batchEmbedContents') return reply.answer({ embeddings: vectors(body.requests) }, faults);
  if (action === 'embedContent') return reply.answer({ embedding: { values: [0.5] } }, faults);
  if (action === 'predict') return reply.answer({ predictions: predictions(body.instances) }, faults);
  return reply.json(errorBody(404), 404);
}

const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

function errorBody(code: number): unknown {
  return { error: { code, message: 'It did not work out.', status: STATUS_NAMES[code] ?? 'UNKNOWN' } };
}

/** Asks for the first declared function, until the last content has its response. */
function defaultAnswer(body: Body): GoogleAnswer {
  const contents = (body.contents ?? []) as { parts?: { functionResponse?: unknown }[] }[];
  if (contents.at(-1)?.parts?.some((part) => part.functionResponse !== undefined)) return {};
  const tools = (body.tools ?? []) as { functionDeclarations?: { name: string }[] }[];
  const name = tools[0]?.functionDeclarations?.[0]?.name;
  return name === undefined ? {} : { functionCalls: [{ name, id: `fc_${contents.length}` }] };
}

function partsOf({ text = 'This is an answer.', functionCalls }: GoogleAnswer): unknown[] {
  if (functionCalls === undefined) return [{ text }];
  return functionCalls.map((call) => ({ functionCall: { ...call, args: call.args ?? {} } }));
}

function wholeAnswer(model: string, answer: GoogleAnswer): unknown {
  return answerOf(model, answer, partsOf(answer), answer.finishReason ?? 'STOP');
}

function answerOf(model: string, answer: GoogleAnswer, parts: unknown[], finishReason: string | undefined): unknown {
  const common = { modelVersion: `${model.split(':')[0]}-001`, responseId: 'resp_1', usageMetadata: USAGE };
  if (answer.blockReason !== undefined) return { ...common, promptFeedback: { blockReason: answer.blockReason } };
  const candidate = { content: { role: 'model', parts }, index: 0, ...(finishReason ? { finishReason } : {}) };
  return { ...common, candidates: [candidate] };
}

function* pieces(model: string, answer: GoogleAnswer, faults: Faults): Generator<SseEvent> {
  const parts = answer.functionCalls === undefined ? textParts(answer, faults) : partsOf(answer);
  for (const [index, part] of parts.entries()) {
    const finish = index === parts.length - 1 ? (answer.finishReason ?? 'STOP') : undefined;
    yield { data: answerOf(model, answer, [part], finish) };
  }
}

function textParts({ text = 'This is an answer.' }: GoogleAnswer, { pieces: count }: Faults): unknown[] {
  if (count !== undefined) return Array.from({ length: count }, (_, i) => ({ text: `${i} ` }));
  const size = Math.ceil(text.length / 4);
  return (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((piece) => ({ text: piece }));
}

function vectors(requests: unknown): unknown[] {
  return (requests as unknown[]).map((_, index) => ({ values: [index + 0.5, index + 0.25] }));
}

function predictions(instances: unknown): unknown[] {
  return (instances as unknown[]).map((_, index) => ({
    embeddings: { values: [index + 0.5], statistics: { truncated: false, token_count: 3 } },
  }));
}
