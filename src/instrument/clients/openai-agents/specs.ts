import type { Attributes } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { providerOf } from '../ai-sdk/provider.ts';
import type { RunSpec } from '../api/runs.ts';
import { known, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { readGeneration, readResponse } from './models.ts';
import type { AgentsOptions } from './options.ts';
import { readFunction } from './tools.ts';

/** A span of the SDK, as it is told. */
export interface SdkSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  /** Changes until the span ends. */
  readonly data: Shape;
}

type Describe = (span: SdkSpan, options: AgentsOptions) => RunSpec | undefined;

/** All that the SDK has. What is not known has a span with its name. */
const KINDS: Readonly<Record<string, Describe>> = {
  task: ({ data }) => ({ kind: 'workflow', name: textOf(data.name) ?? 'task' }),
  agent: ({ data }) => ({ kind: 'agent', name: textOf(data.name) ?? 'agent' }),
  turn: ({ data }) => step('turn', { [ATTR.turn]: numberOf(data.turn) }),
  function: ({ data, parentId }, options) => ({
    kind: 'tool',
    name: textOf(data.name) ?? 'function',
    options: { captureOutput: options.captureOutput === true },
    read: (_, call) => readFunction(data, parentId, call, options),
  }),
  response: (span, options) => modelCall(span, options, { [ATTR.openaiApi]: 'responses' }, readResponse),
  generation: (span, options) => modelCall(span, options, generationSettings(span.data), readGeneration),
  handoff: ({ data }) => step('handoff', { [ATTR.handoffFrom]: textOf(data.from_agent) }, readHandoff(data)),
  guardrail: ({ data }) => ({
    ...step(`apply_guardrail ${textOf(data.name) ?? ''}`.trim(), { [ATTR.operation]: 'apply_guardrail' }),
    read: (_, call) => factsOf(call).attributes(known({ [ATTR.guardrailTriggered]: data.triggered === true })),
  }),
  custom: ({ data }) => step(textOf(data.name) ?? 'custom'),
  transcription: ({ data }) => remoteModel('transcription', data),
  speech: ({ data }) => remoteModel('speech', data),
  speech_group: () => step('speech_group'),
  mcp_tools: () => ({
    kind: 'step',
    name: 'tools/list',
    options: { remote: true, attributes: { [ATTR.mcpMethod]: 'tools/list' } },
  }),
};

/** The span for one of the SDK; undefined where another instrumentation has it. */
export function specOf(span: SdkSpan, options: AgentsOptions): RunSpec | undefined {
  const type = textOf(span.data.type) ?? 'span';
  const spec = Object.hasOwn(KINDS, type) ? KINDS[type]!(span, options) : step(textOf(span.data.name) ?? type);
  if (spec === undefined) return undefined;
  const attributes = { ...spec.options?.attributes, ...options.attributes };
  return { ...spec, options: { redact: options.redact, ...spec.options, attributes } };
}

function step(
  name: string,
  attributes: Readonly<Record<string, Attributes[string]>> = {},
  read?: RunSpec['read'],
): RunSpec {
  return { kind: 'step', name, options: { attributes: known(attributes) }, ...(read === undefined ? {} : { read }) };
}

function readHandoff(data: Shape): RunSpec['read'] {
  return (_, call) => {
    const to = textOf(data.to_agent);
    if (to === undefined) return;
    call.tell((span) => span.updateName(`handoff ${to}`));
    factsOf(call).attributes({ [ATTR.handoffTo]: to });
  };
}

/** The conventions have no operation for these. */
function remoteModel(name: string, { model }: Shape): RunSpec {
  const asked = textOf(model);
  return {
    kind: 'step',
    name: asked === undefined ? name : `${name} ${asked}`,
    options: { remote: true, provider: 'openai', ...(asked === undefined ? {} : { model: asked }) },
  };
}

type ReadModel = (data: Shape, call: Call, options: AgentsOptions) => void;

function modelCall(
  span: SdkSpan,
  options: AgentsOptions,
  attributes: Attributes,
  read: ReadModel,
): RunSpec | undefined {
  if (options.modelCalls === false) return undefined;
  const model = textOf(span.data.model);
  const { provider } = shapeOf(span.data.model_config);
  return {
    kind: 'llm',
    name: 'chat',
    options: {
      provider: options.provider ?? providerOf(textOf(provider)) ?? 'openai',
      ...(model === undefined ? {} : { model }),
      attributes,
    },
    read: (_, call) => read(span.data, call, options),
  };
}

function generationSettings({ model_config: config }: Shape): Attributes {
  const settings = shapeOf(config);
  return known<Attributes[string]>({
    [ATTR.openaiApi]: settings.provider === undefined ? 'chat_completions' : undefined,
    [ATTR.temperature]: numberOf(settings.temperature),
    [ATTR.topP]: numberOf(settings.top_p),
    [ATTR.frequencyPenalty]: numberOf(settings.frequency_penalty),
    [ATTR.presencePenalty]: numberOf(settings.presence_penalty),
    [ATTR.reasoningLevel]: textOf(settings.reasoning_effort),
  });
}
