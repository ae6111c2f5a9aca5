import type { Call, CallReader } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { notice } from '../../notice.ts';
import { openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { sessionOf } from '../../session.ts';
import { telemetryFailed } from '../../telemetry-errors.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import type { TraceQueryOptions } from '../claude-agent.ts';
import { askHost } from './ask-host.ts';
import type { QueryListener } from './listen.ts';
import { markFailed } from './mark-failed.ts';
import { exitOf, failureOf, modelErrorOf, noteResult } from './result.ts';
import { agentNameOf, backendOf, promptOf } from './settings.ts';
import { inConversation, type RunFacts, type Thread, Threads } from './threads.ts';
import { ToolUses } from './tool-uses.ts';

/** One run of an agent: its own span, and those of what its messages tell of. Does not refer to the query. */
export class Run implements QueryListener, CallReader {
  readonly agent: Call;
  readonly #options: TraceQueryOptions;
  readonly #facts: RunFacts;
  readonly #tools: ToolUses;
  readonly #threads: Threads;
  /** Messages come in before the host reads them. */
  #isFed = false;
  #conversation: string | undefined;
  #hasResult = false;
  #isStopping = false;
  #wasStopped = false;
  #modelError: string | undefined;
  /** `error.type` of the run, as it is now. */
  #failure: string | undefined;
  #error: { readonly value: unknown } | undefined;
  /** When something was heard of the agent last. */
  #lastMs = performance.now();

  /** Undefined where nobody records. */
  static open(params: unknown, options: TraceQueryOptions): Run | undefined {
    const backend = backendOf(params, options.provider);
    let run: Run | undefined;
    const agent = openSpec({
      kind: 'agent',
      name: agentNameOf(params, options),
      reader: { chunk: (value) => run?.chunk(value), ending: () => run?.ending() },
      options: {
        provider: backend.provider,
        redact: options.redact,
        attributes: { ...promptOf(params, options), ...options.attributes },
      },
    });
    if (agent === undefined) return undefined;
    run = new Run(agent, options, { backend, attributes: { ...options.attributes }, model: undefined });
    return run;
  }

  private constructor(agent: Call, options: TraceQueryOptions, facts: RunFacts) {
    this.agent = agent;
    this.#options = options;
    this.#facts = facts;
    this.#tools = new ToolUses(options);
    this.#threads = new Threads(agent, facts, options);
    this.#conversation = sessionOf(agent.context);
  }

  message(value: unknown): void {
    this.#isFed = true;
    this.#told(value);
  }

  /** Where the host reads a message: too late to be told of it, if it came in before. */
  chunk(value: unknown): void {
    if (!this.#isFed) this.#told(value);
  }

  request(request: Shape, body: () => unknown): unknown {
    return askHost(request, body, this.#tools, this.agent, this.#options.redact);
  }

  stopping(): void {
    this.#isStopping = true;
  }

  /** What a call that dies of this error fails with: the run's result says more than the error that follows from it. */
  described(error: unknown): unknown {
    const code = this.#failure ?? exitOf(error);
    const described = code === undefined ? error : Object.create(error as object, { code: { value: code } });
    this.#error = { value: described };
    this.#lastMs = performance.now();
    return described;
  }

  ending(): void {
    const error = this.#error;
    const end = (call: Call) => {
      call.overAt(this.#lastMs);
      if (error === undefined) call.stopEarly();
      else call.fail(error.value);
    };
    this.#threads.endAll(end);
    this.#tools.endAll(end);
    const isStopped = this.#wasStopped || (error === undefined && !this.#hasResult);
    if (isStopped) factsOf(this.agent).attributes({ [ATTR.stoppedEarly]: true });
    else if (error === undefined && this.#failure !== undefined) markFailed(this.agent, this.#failure);
  }

  #told(value: unknown): void {
    if (this.agent.done) return;
    try {
      this.agent.touch();
      this.#lastMs = performance.now();
      this.#read(shapeOf(value));
    } catch (error) {
      telemetryFailed(error);
    }
  }

  #read(message: Shape): void {
    const { type } = message;
    if (textOf(type) === undefined) notice('traceQuery: messages of an unknown shape; what they say is not traced');
    this.#converse(textOf(message.session_id));
    if (type === 'system') this.#system(message);
    else if (type === 'result') this.#result(message);
    else if (type === 'rate_limit_event') this.#rateLimit(shapeOf(message.rate_limit_info));
    else if (type === 'stream_event') this.#threadOf(message)?.models.event(shapeOf(message.event));
    else if (type === 'assistant') this.#assistant(message);
    else if (type === 'user') this.#user(message);
  }

  /** A session that the host named goes before the agent's own. */
  #converse(id: string | undefined): void {
    if (id === undefined || this.#conversation !== undefined) return;
    this.#conversation = id;
    inConversation(this.#facts, id);
    factsOf(this.agent).attributes({ [ATTR.conversation]: id });
  }

  #threadOf(message: Shape): Thread | undefined {
    const toolUseId = textOf(message.parent_tool_use_id);
    const thread = this.#threads.get(toolUseId);
    if (thread !== undefined || toolUseId === undefined) return thread;
    const parent = this.#tools.get(toolUseId)?.context ?? this.agent.context;
    return this.#threads.start(toolUseId, textOf(message.subagent_type) ?? 'subagent', parent);
  }

  #system(message: Shape): void {
    const { subtype, model, status } = message;
    const { models } = this.#threads.main;
    if (subtype === 'init') {
      this.#hasResult = false;
      this.#facts.model = textOf(model) ?? this.#facts.model;
      factsOf(this.agent).attributes(known({ [ATTR.requestModel]: this.#facts.model }));
      models.mayAsk();
    } else if (subtype === 'status' && status === 'requesting') models.mayAsk();
    else if (subtype === 'api_retry') models.retries(numberOf(message.retry_delay_ms) ?? 0);
    else if (subtype === 'compact_boundary') this.#compacted(shapeOf(message.compact_metadata));
    else this.#task(message);
  }

  #task({ subtype, tool_use_id: id, is_backgrounded: isBackground, status, ...message }: Shape): void {
    const toolUseId = textOf(id);
    if (toolUseId === undefined) return;
    if (subtype === 'task_started') {
      // Tasks of another kind, such as a command that runs on, are tools and no agents.
      const isAgent = textOf(message.subagent_type) !== undefined;
      const thread = isAgent ? this.#threadOf({ ...message, parent_tool_use_id: toolUseId }) : undefined;
      if (thread !== undefined && isBackground === true) thread.isBackground = true;
    } else if (subtype === 'task_notification') {
      this.#threads.end(toolUseId, (agent) => {
        if (status === 'failed') markFailed(agent, 'subagent_failed');
        if (status === 'stopped') agent.stopEarly();
        else agent.succeed();
      });
    }
  }

  #compacted({ trigger, pre_tokens: before, post_tokens: after }: Shape): void {
    const facts = factsOf(this.agent);
    const numbers = { before: numberOf(before), after: numberOf(after) };
    facts.attributes({ [ATTR.compacted]: true });
    facts.event('ta.compacted', known<string | number>({ trigger: textOf(trigger), ...numbers }));
    this.#threads.main.models.mayAsk();
  }

  #rateLimit({ status, rateLimitType }: Shape): void {
    factsOf(this.agent).event('ta.rate_limit', known({ status: textOf(status), type: textOf(rateLimitType) }));
  }

  #assistant(message: Shape): void {
    const thread = this.#threadOf(message);
    if (thread === undefined) return;
    const { models, agent } = thread;
    const answer = shapeOf(message.message);
    const error = modelErrorOf(message);
    if (error !== undefined) {
      this.#modelError = error.type;
      models.failed(error.type, error.status);
    } else if (answer.model === '<synthetic>') return;
    else models.message(answer);
    for (const part of listOf(answer.content)) {
      const block = shapeOf(part);
      if (block.type === 'tool_use') this.#toolUse(block, agent);
    }
  }

  #toolUse(block: Shape, agent: Call): void {
    const call = this.#tools.start(block, agent.context, this.#facts.attributes);
    const subagent = textOf(shapeOf(block.input).subagent_type);
    if (call === undefined || subagent === undefined) return;
    this.#threads.start(String(block.id), subagent, call.context);
  }

  #user(message: Shape): void {
    const thread = this.#threadOf(message);
    const { status } = shapeOf(message.tool_use_result);
    for (const part of listOf(shapeOf(message.message).content)) {
      const block = shapeOf(part);
      const toolUseId = textOf(block.tool_use_id);
      if (block.type !== 'tool_result' || toolUseId === undefined) continue;
      const subagent = this.#threads.get(toolUseId);
      if (subagent !== undefined && !subagent.isBackground && status !== 'async_launched') {
        if (block.is_error === true) markFailed(subagent.agent, 'subagent_failed');
        this.#threads.end(toolUseId, (agent) => agent.succeed());
      }
      this.#tools.end(toolUseId, block);
    }
    thread?.models.mayAsk();
  }

  /** Of the last turn so far: a conversation may have many. */
  #result(message: Shape): void {
    this.#hasResult = true;
    this.#threads.main.models.result(message);
    noteResult(message, this.agent, this.#options.captureOutput === true);
    const failure = failureOf(message, this.#modelError);
    this.#modelError = undefined;
    this.#wasStopped = this.#isStopping && failure === 'error_during_execution';
    this.#failure = failure;
    this.#isStopping = false;
  }
}
