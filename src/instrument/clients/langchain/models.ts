import type { Attributes } from '@opentelemetry/api';
import { ATTR } from '../../semconv.ts';
import { endpointOf } from '../api/endpoint.ts';
import { promptAttributes } from '../api/messages.ts';
import type { RunSpec } from '../api/runs.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { readAnswer } from './answer.ts';
import { messageOf } from './messages.ts';
import type { LangchainOptions } from './options.ts';
import type { Run } from './runs.ts';

/** Names that LangChain has for providers (`ls_provider`), and those that the conventions have. */
const PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  azureopenai: 'azure.ai.openai',
  amazon_bedrock: 'aws.bedrock',
  bedrock: 'aws.bedrock',
  bedrockconverse: 'aws.bedrock',
  google: 'gcp.gemini',
  google_genai: 'gcp.gemini',
  googlegenerativeai: 'gcp.gemini',
  'google-genai': 'gcp.gemini',
  google_vertexai: 'gcp.vertex_ai',
  vertexai: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  xai: 'x_ai',
  moonshot: 'moonshot_ai',
  watsonx: 'ibm.watsonx.ai',
};

export function modelSpec(
  operation: 'chat' | 'text_completion',
  run: Run,
  extra: Shape,
  options: LangchainOptions,
): RunSpec {
  const { metadata } = run;
  const asked = shapeOf(extra.invocation_params);
  const { server, provider: byHost } = endpointOf({ baseURL: baseUrlOf(run.subject) });
  const provider = options.provider ?? byHost ?? providerOf(metadata, run.path);
  const model =
    textOf(asked.model) ?? textOf(asked.model_name) ?? textOf(asked.modelId) ?? textOf(metadata.ls_model_name);
  const input =
    options.captureInput === true ? promptAttributes({ messages: promptOf(run.input), tools: asked.tools }) : {};
  return {
    kind: 'llm',
    name: operation,
    read: (output, call) => readAnswer(output, call, options.captureOutput === true),
    options: {
      ...(model === undefined ? {} : { model }),
      ...(provider === undefined ? {} : { provider }),
      ...(server === undefined ? {} : { server }),
      attributes: { ...requestAttributes(asked, metadata), ...input, ...options.attributes },
    },
  };
}

/** Where a model's class does not tell, LangChain has the name of the class in its place: that says nothing. */
function providerOf({ ls_provider: name }: Shape, path: readonly string[]): string | undefined {
  const given = textOf(name);
  const className = path.at(-1);
  if (given === undefined) return undefined;
  const provider = PROVIDERS[given.toLowerCase()];
  const isGuess = given === className || `Chat${given}` === className;
  return provider ?? (isGuess ? undefined : given.toLowerCase());
}

/** Where a model is told to send its requests, by the names that several vendors' classes have for it. */
function baseUrlOf({ kwargs }: Shape): unknown {
  const { configuration, base_url: snake, baseUrl, endpoint, anthropic_api_url: anthropic } = shapeOf(kwargs);
  return shapeOf(configuration).baseURL ?? snake ?? baseUrl ?? endpoint ?? anthropic;
}

function requestAttributes(asked: Shape, metadata: Shape): Attributes {
  const choices = numberOf(asked.n);
  const stops = [asked.stop, asked.stop_sequences, metadata.ls_stop].find(Array.isArray);
  return known<Attributes[string]>({
    [ATTR.maxTokens]:
      numberOf(asked.max_completion_tokens) ??
      numberOf(asked.max_output_tokens) ??
      numberOf(asked.max_tokens) ??
      numberOf(metadata.ls_max_tokens),
    [ATTR.temperature]: numberOf(asked.temperature) ?? numberOf(metadata.ls_temperature),
    [ATTR.topP]: numberOf(asked.top_p),
    [ATTR.topK]: numberOf(asked.top_k),
    [ATTR.frequencyPenalty]: numberOf(asked.frequency_penalty),
    [ATTR.presencePenalty]: numberOf(asked.presence_penalty),
    [ATTR.seed]: numberOf(asked.seed),
    [ATTR.stopSequences]: stops === undefined || stops.length === 0 ? undefined : stops.map(String),
    [ATTR.choiceCount]: choices === 1 ? undefined : choices,
    [ATTR.reasoningLevel]: textOf(asked.reasoning_effort) ?? textOf(shapeOf(asked.reasoning).effort),
    [ATTR.openaiRequestTier]: textOf(asked.service_tier),
  });
}

/** A list of lists of messages, one for each run; or texts. */
function promptOf(input: unknown) {
  return listOf(input).flatMap((one) => (Array.isArray(one) ? one.map((each) => messageOf(each)) : [messageOf(one)]));
}
