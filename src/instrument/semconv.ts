/**
 * Names of the OpenTelemetry GenAI conventions (1.42.0-dev, all "development") and of the general ones (1.44), as far
 * as this package writes them. What has no name there is under `ta.`.
 */
export const ATTR = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',

  agentName: 'gen_ai.agent.name',
  workflowName: 'gen_ai.workflow.name',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  dataSource: 'gen_ai.data_source.id',

  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  responseId: 'gen_ai.response.id',
  responseModel: 'gen_ai.response.model',
  finishReasons: 'gen_ai.response.finish_reasons',
  /** Double, seconds. */
  timeToFirstChunk: 'gen_ai.response.time_to_first_chunk',

  /** All input tokens, those from or into the cache included. */
  inputTokens: 'gen_ai.usage.input_tokens',
  /** All output tokens, reasoning included. */
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
  reasoningTokens: 'gen_ai.usage.reasoning.output_tokens',

  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  retrievalQuery: 'gen_ai.retrieval.query.text',
  /** OpenInference's names: the GenAI conventions have none for arguments of any shape. */
  inputValue: 'input.value',
  outputValue: 'output.value',

  serverAddress: 'server.address',
  serverPort: 'server.port',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',

  /** The name given to a call whose span name has no room for it. */
  name: 'ta.name',
  /** The consumer left a stream before its end. */
  stoppedEarly: 'ta.stopped_early',
  /** Why a span was ended by this package and not by the call: see `Incomplete`. */
  incomplete: 'ta.incomplete',
} as const;
