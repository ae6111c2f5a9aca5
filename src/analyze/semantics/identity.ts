import { SpanKind } from '../model/span.ts';
import type { Trace } from '../model/trace.ts';
import { firstAttribute } from './first-attribute.ts';

/** Who answers a call, as far as the span tells. Absent: not recorded. */
export interface Identity {
  /** Lower case, without port and brackets. */
  readonly host?: string;
  /** A value of `gen_ai.provider.name`, older spellings folded. */
  readonly provider?: string;
  readonly model?: string;
}

/** A URL names the target even where a proxy stands between, so it comes first. */
const HOST_KEYS = [
  'url.full',
  'http.url',
  'server.address',
  'net.peer.name',
  'peer.hostname',
  'http.host',
  'net.sock.peer.name',
  'network.peer.address',
  'net.sock.peer.addr',
  'net.peer.ip',
  'peer.address',
] as const;

const PROVIDER_KEYS = [
  'gen_ai.provider.name',
  'gen_ai.system',
  'llm.provider',
  'llm.system',
  'ai.model.provider',
] as const;

const MODEL_KEYS = [
  'gen_ai.request.model',
  'llm.request.model_name',
  'ai.model.id',
  'llm.model_name',
  'embedding.model_name',
  'reranker.model_name',
  'langfuse.observation.model.name',
  'ai.model.name',
  'llm.model',
  'gen_ai.response.model',
] as const;

/** Names that stand for a provider of the GenAI conventions (their list of `gen_ai.provider.name`). */
const PROVIDER_NAMES: ReadonlyMap<string, string> = new Map([
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure-openai', 'azure.ai.openai'],
  ['azure', 'azure.ai.openai'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['gemini', 'gcp.gemini'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google', 'gcp.gemini'],
  ['vertex_ai', 'gcp.vertex_ai'],
  ['vertexai', 'gcp.vertex_ai'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['aws', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['mistralai', 'mistral_ai'],
  ['xai', 'x_ai'],
  ['moonshot', 'moonshot_ai'],
  ['openai.chat', 'openai'],
  ['openai.responses', 'openai'],
  ['anthropic.messages', 'anthropic'],
]);

/** Frameworks that write their own name where the provider belongs. */
const NOT_PROVIDERS: ReadonlySet<string> = new Set(['langchain', 'gcp.vertex.agent', '']);

/**
 * The host, provider and model of the far side of a span. A span that serves (SERVER, CONSUMER) has no far side here:
 * its addresses are its own.
 */
export function identityOf(trace: Trace, span: number): Identity {
  const kind = trace.kind(span);
  const serves = kind === SpanKind.server || kind === SpanKind.consumer;
  const host = serves ? undefined : hostOf(trace, span);
  const provider = providerOf(trace, span);
  const model = firstAttribute(trace, span, MODEL_KEYS);
  return {
    ...(host === undefined ? {} : { host }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
  };
}

function providerOf(trace: Trace, span: number): string | undefined {
  for (const key of PROVIDER_KEYS) {
    const value = trace.attribute(span, key)?.toLowerCase();
    if (value !== undefined && !NOT_PROVIDERS.has(value)) return PROVIDER_NAMES.get(value) ?? value;
  }
  return undefined;
}

function hostOf(trace: Trace, span: number): string | undefined {
  for (const key of HOST_KEYS) {
    const value = trace.attribute(span, key);
    const host = value === undefined ? undefined : parseHost(value);
    if (host !== undefined) return host;
  }
  return undefined;
}

/** The host in `host`, `host:port`, `[v6]:port`, `//host/path` or a URL; undefined where there is none. */
export function parseHost(text: string): string | undefined {
  const scheme = text.indexOf('//');
  let rest = scheme >= 0 && (scheme === 0 || text[scheme - 1] === ':') ? text.slice(scheme + 2) : text;
  if (rest === text && text.startsWith('/')) return undefined; // a path (a socket, a relative URL)
  rest = rest.split(/[/?#\\]/, 1)[0] as string;
  rest = rest.slice(rest.lastIndexOf('@') + 1);
  if (rest.startsWith('[')) rest = rest.slice(1).split(']', 1)[0] as string;
  else if (rest.split(':').length === 2) rest = rest.split(':', 1)[0] as string;
  const host = rest.toLowerCase().replace(/\.$/, '');
  return host === '' || /\s/.test(host) ? undefined : host;
}
