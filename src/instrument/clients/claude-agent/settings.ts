import type { Attributes } from '@opentelemetry/api';
import { endpointOf } from '../api/endpoint.ts';
import { promptAttributes, textPart } from '../api/messages.ts';
import { known, shapeOf, textOf } from '../api/shape.ts';
import type { TraceQueryOptions } from '../claude-agent.ts';

/** Where the agent's model is, as far as its environment tells. */
export interface Backend {
  readonly provider: string;
  readonly server?: { readonly address: string; readonly port?: number };
}

interface HasEnvironment {
  readonly process?: { readonly env?: unknown };
}

/** By the variables that Claude Code goes by, in the environment that it gets. */
export function backendOf(params: unknown, provider: string | undefined): Backend {
  const env = shapeOf(shapeOf(shapeOf(params).options).env ?? (globalThis as HasEnvironment).process?.env);
  if (isSet(env.CLAUDE_CODE_USE_BEDROCK)) return backend(provider ?? 'aws.bedrock', env.ANTHROPIC_BEDROCK_BASE_URL);
  if (isSet(env.CLAUDE_CODE_USE_VERTEX)) return backend(provider ?? 'gcp.vertex_ai', env.ANTHROPIC_VERTEX_BASE_URL);
  if (isSet(env.CLAUDE_CODE_USE_FOUNDRY)) {
    return backend(provider ?? 'azure.ai.inference', env.ANTHROPIC_FOUNDRY_BASE_URL);
  }
  return backend(provider ?? 'anthropic', textOf(env.ANTHROPIC_BASE_URL) ?? 'https://api.anthropic.com');
}

function backend(provider: string, baseURL: unknown): Backend {
  const { server } = endpointOf({ baseURL });
  return server === undefined ? { provider } : { provider, server };
}

function isSet(value: unknown): boolean {
  return ['1', 'true', 'yes', 'on'].includes(String(value).toLowerCase());
}

export function agentNameOf(params: unknown, options: TraceQueryOptions): string {
  return options.name ?? textOf(shapeOf(shapeOf(params).options).agent) ?? 'claude';
}

/** A prompt that is a stream of messages is the host's to read. */
export function promptOf(params: unknown, options: TraceQueryOptions): Attributes {
  if (options.captureInput !== true) return {};
  const { prompt, options: asked } = shapeOf(params);
  const text = textOf(prompt);
  const { systemPrompt } = shapeOf(asked);
  const instructions = textOf(systemPrompt) ?? textOf(shapeOf(systemPrompt).append);
  if (text === undefined && instructions === undefined) return {};
  return promptAttributes({
    messages: text === undefined ? [] : [{ role: 'user', parts: [textPart(text)] }],
    ...known({ instructions: instructions === undefined ? undefined : [textPart(instructions)] }),
  });
}
