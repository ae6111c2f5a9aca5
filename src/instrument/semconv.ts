/**
 * Names of the OpenTelemetry GenAI conventions (1.42.0-dev, all "development") and of the general ones (1.44), as far
 * as this package writes them. What has no name there is under `ta.`.
 */
export const ATTR = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  conversation: 'gen_ai.conversation.id',
  /** `true` where its context was compacted; else not there. */
  compacted: 'gen_ai.conversation.compacted',

  agentName: 'gen_ai.agent.name',
  workflowName: 'gen_ai.workflow.name',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  dataSource: 'gen_ai.data_source.id',

  requestModel: 'gen_ai.request.model',
  requestStream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  topP: 'gen_ai.request.top_p',
  topK: 'gen_ai.request.top_k',
  frequencyPenalty: 'gen_ai.request.frequency_penalty',
  presencePenalty: 'gen_ai.request.presence_penalty',
  stopSequences: 'gen_ai.request.stop_sequences',
  seed: 'gen_ai.request.seed',
  /** Only where it is not one. */
  choiceCount: 'gen_ai.request.choice.count',
  /** As it was sent, for example `low`. */
  reasoningLevel: 'gen_ai.request.reasoning.level',
  previousResponse: 'gen_ai.request.previous_response.id',
  encodingFormats: 'gen_ai.request.encoding_formats',
  dimensions: 'gen_ai.embeddings.dimension.count',
  /** `text`, `json`, `image` or `speech`, where a format was asked for. */
  outputType: 'gen_ai.output.type',
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

  /** `chat_completions` or `responses`. */
  openaiApi: 'openai.api.type',
  openaiRequestTier: 'openai.request.service_tier',
  openaiResponseTier: 'openai.response.service_tier',
  openaiFingerprint: 'openai.response.system_fingerprint',

  awsRequestId: 'aws.request_id',

  /** Content: as JSON text, only where it was asked for. */
  inputMessages: 'gen_ai.input.messages',
  outputMessages: 'gen_ai.output.messages',
  systemInstructions: 'gen_ai.system_instructions',
  toolDefinitions: 'gen_ai.tool.definitions',

  toolArguments: 'gen_ai.tool.call.arguments',
  toolResult: 'gen_ai.tool.call.result',
  retrievalQuery: 'gen_ai.retrieval.query.text',
  /** OpenInference's names: the GenAI conventions have none for arguments of any shape. */
  inputValue: 'input.value',
  outputValue: 'output.value',

  serverAddress: 'server.address',
  serverPort: 'server.port',
  httpStatus: 'http.response.status_code',
  httpMethod: 'http.request.method',
  /** As it was sent, where the above is `_OTHER`. */
  httpMethodOriginal: 'http.request.method_original',
  httpRoute: 'http.route',
  urlFull: 'url.full',
  urlPath: 'url.path',
  urlScheme: 'url.scheme',
  errorType: 'error.type',
  exceptionType: 'exception.type',
  exceptionMessage: 'exception.message',
  exceptionStack: 'exception.stacktrace',

  mcpMethod: 'mcp.method.name',
  mcpSession: 'mcp.session.id',
  mcpProtocol: 'mcp.protocol.version',
  mcpResource: 'mcp.resource.uri',
  promptName: 'gen_ai.prompt.name',
  rpcRequestId: 'jsonrpc.request.id',
  /** Only where it is not 2.0. */
  rpcVersion: 'jsonrpc.protocol.version',
  /** The error code of a JSON-RPC response, as text. */
  rpcStatus: 'rpc.response.status_code',
  networkTransport: 'network.transport',
  networkProtocol: 'network.protocol.name',

  /** The name given to a call whose span name has no room for it. */
  name: 'ta.name',
  /** The MCP tool that a tool's own span stands for. */
  mcpTool: 'ta.mcp.tool',
  /** Which step of a run this is, or which model call of an agent's run it belongs to, from one. */
  turn: 'ta.turn',
  /** 16 hex digits, salted: equal for equal arguments, and for equal results. */
  argsHash: 'ta.args_hash',
  resultHash: 'ta.result_hash',
  /** The names of a tool's arguments, sorted, with commas. */
  argsKeys: 'ta.args_keys',
  /** About the size of a result. */
  resultBytes: 'ta.result_bytes',
  /** Which try this is, where it is not the first. */
  attempt: 'ta.attempt',
  /** Names of the agents that hand a run over, and that take it over. */
  handoffFrom: 'ta.handoff.from',
  handoffTo: 'ta.handoff.to',
  /** Whether a guardrail stopped the run. */
  guardrailTriggered: 'ta.guardrail.triggered',
  /** Whether a tool changes nothing. */
  readOnly: 'ta.tool.read_only',
  /** Double, seconds from the start until the work began. */
  queueWait: 'ta.queue_wait',
  /** Calls that were started together: the span id of the first, and how many they are. */
  fanOutId: 'ta.fanout.id',
  fanOutSize: 'ta.fanout.size',
  /** Double, seconds of CPU that the process used meanwhile. */
  cpuTime: 'ta.cpu_time',
  /** Double, 0 to 1: the share of the time for which the event loop did not wait. */
  eventLoopUtilization: 'ta.event_loop_utilization',
  /** How many other outermost calls of the process ran at some time during this one. */
  concurrentRuns: 'ta.concurrent_runs',
  /** Of an agent's run, as the agent counts: turns, milliseconds spent in model calls, estimated price. */
  turns: 'ta.agent.turns',
  modelMs: 'ta.agent.model_ms',
  costUsd: 'ta.agent.cost_usd',
  /** JSON, by the model's name: what each model of the run used. */
  modelUsage: 'ta.agent.model_usage',
  /** How many inputs one request has, for instance texts to embed. */
  batchSize: 'ta.batch_size',
  /** The client sent the request again by itself; the answer is that of the last attempt. */
  retried: 'ta.retried',
  /** Double, seconds from the start of an HTTP request to the headers of its answer. */
  timeToHeaders: 'ta.http.time_to_headers',
  /** In how many places of a span a secret was taken out, and content was left out for want of room. */
  redacted: 'ta.redacted',
  truncated: 'ta.truncated',
  /** The consumer left a stream before its end. */
  stoppedEarly: 'ta.stopped_early',
  /** Why a span was ended by this package and not by the call: see `Incomplete`. */
  incomplete: 'ta.incomplete',
  /** Of the resource: spans that this process has lost so far, for want of room. */
  droppedSpans: 'ta.dropped_spans',
  /** Of the resource: spans of this process that the receiver has refused so far. */
  refusedSpans: 'ta.refused_spans',
  /** Of the resource: spans of this process that sampling has left out so far. */
  sampledOutSpans: 'ta.sampled_out_spans',
  /** Of the resource, beside these: tells the processes of one service apart. */
  deliveryId: 'ta.delivery_id',
} as const;
