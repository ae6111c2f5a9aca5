import { propagation, type Span, SpanStatusCode, trace } from '@opentelemetry/api';
import { traceAnthropic } from '../../../src/instrument/clients/anthropic.ts';
import { traceBedrock } from '../../../src/instrument/clients/bedrock.ts';
import { traceQuery } from '../../../src/instrument/clients/claude-agent.ts';
import { traceGoogle } from '../../../src/instrument/clients/google.ts';
import { langchainHandler } from '../../../src/instrument/clients/langchain.ts';
import { traceMcp } from '../../../src/instrument/clients/mcp.ts';
import { traceOpenAI } from '../../../src/instrument/clients/openai.ts';
import { agentsProcessor } from '../../../src/instrument/clients/openai-agents.ts';
import { agent, current, extract, llm, retrieval, session, step, tool } from '../../../src/instrument/index.ts';
import { init, shutdown } from '../../../src/instrument/node/index.ts';
import { PLANTED_SECRETS } from '../../support/secrets.ts';
import { startAnthropic } from '../../support/vendors/anthropic.ts';
import { startBedrock } from '../../support/vendors/bedrock.ts';
import { startClaudeApi } from '../../support/vendors/claude-agent.ts';
import { startGoogle } from '../../support/vendors/google.ts';
import { startOpenAI } from '../../support/vendors/openai.ts';
import { telemetryOf } from '../clients/ai-sdk/sdk.ts';
import { newCage } from '../clients/claude-agent/sdk.ts';

/**
 * Puts secrets wherever a program may have them: `node canary.js <part> <endpoint> <packages>`. Beside each stands a word
 * that is no secret: `content-<number>` in what is content, `fact-<number>` in what is recorded in any case.
 */
const [part, endpoint, packages] = process.argv.slice(2) as [string, string, string];

// biome-ignore lint/suspicious/noExplicitAny: each package has a set of types of its own
type Loose = any;

const content = PLANTED_SECRETS.map(({ written }, i) => `content-${i} ${written}`);
const facts = PLANTED_SECRETS.map(({ written }, i) => `fact-${i} ${written}`);
/** Quotes keep one from being taken for a part of the one before. */
const together = content.join(' """ ');
const asked = content.map((text) => ({ role: 'user', content: text }));
const load = (name: string): Promise<Loose> => import(`file://${packages}/${name}/load.mjs`);

async function core(): Promise<void> {
  await tool('arguments', async (input: unknown) => input)({ texts: content, list: [[together]] });
  agent('results', () => content)();
  llm('chat', { model: 'fake' }, (_messages: unknown) => together)(asked);
  for (const text of content) retrieval('documents', (_query: string) => [text])(text);
  for (const [i, text] of facts.entries()) {
    step('described', describeCall)(text);
    session(`fact-${i} ${PLANTED_SECRETS[i]!.written}`, () => step('in a session', () => undefined)());
    step(
      'named',
      { name: ([name]) => name, attributes: { note: text, notes: ['a', text] } },
      (_name: string) => 1,
    )(text);
    try {
      await tool('failing', async () => fail(text))();
    } catch {}
    try {
      tool('failing at once', (): never => fail(text))();
    } catch {}
    trace.getTracer('other').startActiveSpan(`other ${text}`, (span) => describeRaw(span, text));
    const carried = propagation.createBaggage({ 'gen_ai.conversation.id': { value: text.slice(0, 250) } });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const baggage = [...carried.getAllEntries()].map(([key, { value }]) => `${key}=${encodeURIComponent(value)}`);
    extract({ traceparent, baggage: baggage.join() }, () => step('continued', () => undefined)());
  }
}

function fail(text: string): never {
  throw new Error(text, { cause: new Error(text) });
}

function describeCall(text: string): void {
  const { traceId, spanId } = trace.getActiveSpan()!.spanContext();
  current()
    .attributes({ note: text, 'url.full': text, nested: [text] })
    .event('noted', { note: text })
    .event(text)
    .response({ id: text, model: text, finishReasons: [text] })
    .provider(text)
    .link({ context: { traceId, spanId, traceFlags: 1 }, attributes: { note: text } });
}

function describeRaw(span: Span, text: string): void {
  span.setAttributes({ note: text, notes: [text] });
  span.addEvent(text, { note: text });
  span.recordException(new Error(text));
  span.setStatus({ code: SpanStatusCode.ERROR, message: text });
  span.end();
}

async function openai(): Promise<void> {
  const server = await startOpenAI({ answer: () => ({ text: together }) });
  const { OpenAI } = await load('openai-6');
  const client = traceOpenAI(
    new OpenAI({ apiKey: PLANTED_SECRETS[0]!.secret, baseURL: server.baseURL, maxRetries: 0 }),
  );
  const tools = [{ type: 'function', function: { name: 'weather', description: together, parameters: {} } }];
  await client.chat.completions.create({ model: 'gpt-fake', messages: asked, tools });
  for await (const _ of await client.chat.completions.create({ model: 'gpt-fake', messages: asked, stream: true }));
  await client.responses.create({ model: 'gpt-fake', input: asked, instructions: together });
  await client.embeddings.create({ model: 'gpt-fake', input: content });
  for (const text of facts) {
    const refusing: Loose = new OpenAI({
      apiKey: 'k',
      baseURL: server.baseURL,
      maxRetries: 0,
      fetch: () => fail(text),
    });
    await traceOpenAI(refusing)
      .chat.completions.create({ model: 'gpt-fake', messages: asked })
      .catch(() => undefined);
  }
  await server.stop();
}

async function anthropic(): Promise<void> {
  const server = await startAnthropic({ answer: () => ({ text: together, thinking: together }) });
  const { Anthropic } = await load('anthropic-0.60');
  const client = traceAnthropic(new Anthropic({ apiKey: 'k', baseURL: server.origin, maxRetries: 0 }));
  const body = { model: 'claude-fake', max_tokens: 9, messages: asked, system: together };
  await client.messages.create(body);
  for await (const _ of await client.messages.create({ ...body, stream: true }));
  await server.stop();
}

async function google(): Promise<void> {
  const server = await startGoogle(() => ({ text: together }));
  const { GoogleGenAI } = await load('google-2');
  const client = traceGoogle(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: server.origin } }));
  const body = { model: 'gemini-fake', contents: content.map((text) => ({ role: 'user', parts: [{ text }] })) };
  await client.models.generateContent({ ...body, config: { systemInstruction: together } });
  for await (const _ of await client.models.generateContentStream(body));
  await server.stop();
}

async function bedrock(): Promise<void> {
  const server = await startBedrock('http/1.1');
  const { BedrockRuntimeClient, ConverseCommand, InvokeModelCommand } = await load('bedrock-3.606');
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: server.origin,
    credentials,
    maxAttempts: 1,
  });
  traceBedrock(client);
  const messages = content.map((text) => ({ role: 'user', content: [{ text }] }));
  await client.send(new ConverseCommand({ modelId: 'fake.model', messages, system: [{ text: together }] }));
  const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: asked });
  await client.send(new InvokeModelCommand({ modelId: 'anthropic.claude-fake', body }));
  await server.stop();
}

async function aiSdk(): Promise<void> {
  const server = await startOpenAI({ answer: () => ({ text: together }) });
  const { createOpenAI, generateText, streamText } = await load('ai-6');
  const model = createOpenAI({ apiKey: 'k', baseURL: server.baseURL }).chat('gpt-fake');
  const telemetry = telemetryOf({ name: 'ai-6' } as never);
  await generateText({ model, system: together, messages: asked, ...telemetry });
  await streamText({ model, messages: asked, ...telemetry }).text;
  await server.stop();
}

async function mcp(): Promise<void> {
  const { Client, InMemoryTransport, McpServer, z } = await load('mcp-1');
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = new McpServer({ name: 'server', version: '1' });
  const inputSchema = { texts: z.array(z.string()) };
  server.registerTool('echo', { inputSchema }, ({ texts }: { texts: string[] }) => ({
    content: texts.map((text) => ({ type: 'text', text })),
  }));
  server.registerTool('fail', { inputSchema }, ({ texts }: { texts: string[] }) => fail(texts.join(' """ ')));
  await server.connect(traceMcp(far));
  const client = new Client({ name: 'client', version: '1' });
  await client.connect(traceMcp(near));
  await client.callTool({ name: 'echo', arguments: { texts: content } });
  await client.callTool({ name: 'fail', arguments: { texts: content } });
  await client.close();
}

async function langchain(): Promise<void> {
  const server = await startOpenAI({ answer: () => ({ text: together }) });
  const { ChatOpenAI, RunnableLambda, tool: chainTool, z } = await load('langchain-1');
  const settings = { model: 'gpt-fake', apiKey: 'k', configuration: { baseURL: server.baseURL }, maxRetries: 0 };
  const run = { callbacks: [langchainHandler()] };
  await new ChatOpenAI(settings).invoke(
    content.map((text) => ['human', text]),
    run,
  );
  await RunnableLambda.from((texts: string[]) => texts).invoke(content, run);
  const echo = chainTool(({ text }: { text: string }) => text, {
    name: 'echo',
    schema: z.object({ text: z.string() }),
  });
  await echo.invoke({ text: together }, run);
  await server.stop();
}

async function openaiAgents(): Promise<void> {
  const server = await startOpenAI({ answer: () => ({ text: together }) });
  const { Agent, OpenAI, run, setDefaultOpenAIClient, setTraceProcessors, setTracingDisabled } =
    await load('openai-agents-0.20');
  setTracingDisabled(false);
  setTraceProcessors([agentsProcessor()]);
  setDefaultOpenAIClient(new OpenAI({ apiKey: 'k', baseURL: server.baseURL, maxRetries: 0 }));
  await run(new Agent({ name: 'asker', model: 'gpt-fake', instructions: together }), asked);
  await server.stop();
}

async function claudeAgent(): Promise<void> {
  const server = await startClaudeApi();
  server.say(() => ({ text: together }));
  const { query } = await load('claude-agent-0.3');
  const cage = newCage(server);
  const options = cage.options({ systemPrompt: together });
  for await (const _ of traceQuery(query)({ prompt: together, options }));
  await cage.remove();
  await server.stop();
}

const PARTS: Record<string, () => Promise<void>> = {
  core,
  openai,
  anthropic,
  google,
  bedrock,
  'ai-sdk': aiSdk,
  mcp,
  langchain,
  'openai-agents': openaiAgents,
  'claude-agent': claudeAgent,
};

init({ service: 'canary', endpoint });
await PARTS[part]!();
if (endpoint.endsWith(':9')) process.exit(0);
await shutdown();
