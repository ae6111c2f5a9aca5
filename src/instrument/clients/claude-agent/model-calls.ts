import type { Context } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { hrTime } from '../../clock.ts';
import { type CallSpec, openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import { MessagesReader } from '../anthropic/messages.ts';
import { listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { markFailed } from './mark-failed.ts';

/** What the model calls of one agent have in common. */
export interface ModelSetting {
  readonly parent: Context;
  captureOutput(): boolean;
  /** `answered`: the model that answered, where one did. */
  options(answered: string | undefined): NonNullable<CallSpec['options']>;
}

interface ModelCall {
  readonly call: Call;
  readonly reader: MessagesReader;
  readonly inputTokens: number | undefined;
  isStreamed: boolean;
  blocks: number;
  knowsStop: boolean;
}

/**
 * The model calls of one agent, told from what it says. They are made in its own process: one begins when the agent has
 * all that the model is to be asked with, and ends with the last piece of the answer.
 */
export class ModelCalls {
  readonly #setting: ModelSetting;
  #askedMs = performance.now();
  /** When the attempt began that is not known to have failed, where others failed before. */
  #retriedMs: number | undefined;
  #current: ModelCall | undefined;
  /** Of the answer that was told last: after its last event there may come a part of it. */
  #lastId: string | undefined;
  /** Calls since the last result of the run. */
  #count = 0;

  constructor(setting: ModelSetting) {
    this.#setting = setting;
  }

  /** The agent may be asking its model from now on. */
  mayAsk(): void {
    this.#askedMs = performance.now();
  }

  retries(delayMs: number): void {
    this.#retriedMs = performance.now() + delayMs;
  }

  /** One event of an answer, as the API sent it. */
  event(event: Shape): void {
    if (event.type === 'message_start') {
      const message = shapeOf(event.message);
      this.#begin(message);
      this.#lastId = textOf(message.id);
      if (this.#current !== undefined) this.#current.isStreamed = true;
      this.#current?.call.tell((span) => span.setAttribute(ATTR.requestStream, true));
    }
    const current = this.#current;
    if (current === undefined || !current.isStreamed) return;
    current.call.chunk(event);
    current.call.overAt(performance.now());
    if (event.type === 'message_stop') this.end();
  }

  /** An answer, or the part of one that is complete. */
  message(message: Shape): void {
    const id = textOf(message.id);
    if (id === undefined || id !== this.#lastId) {
      this.#begin(message);
      this.#lastId = id;
    }
    const current = this.#current;
    if (current !== undefined && !current.isStreamed) this.#whole(current, message);
    current?.call.overAt(performance.now());
    this.mayAsk();
  }

  /** The API gave no answer. */
  failed(errorType: string, httpStatus: number | undefined): void {
    this.end();
    const call = this.#open(undefined);
    if (call === undefined) return;
    if (httpStatus !== undefined) call.tell((span) => span.setAttribute(ATTR.httpStatus, httpStatus));
    markFailed(call, errorType);
    call.succeed();
  }

  /** The run's result says why the model stopped last, and what a single call put out. */
  result({ stop_reason: reason, usage }: Shape): void {
    const current = this.#current;
    if (current !== undefined && !current.knowsStop && !current.isStreamed) {
      const { input_tokens: input, output_tokens: output } = shapeOf(usage);
      const isItsOwn = this.#count === 1 && input === current.inputTokens;
      const delta = {
        type: 'message_delta',
        delta: { stop_reason: reason },
        usage: isItsOwn ? { output_tokens: output } : {},
      };
      current.reader.chunk(delta, current.call);
    }
    this.end();
    this.#count = 0;
  }

  /** Nothing more of the answer will come. */
  end(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    // The reason that the model gave, if it did, is written over this.
    if (current.isStreamed) current.call.finishReasons(['error']);
    current.call.succeed();
  }

  #begin(message: Shape): void {
    this.end();
    this.#count++;
    const reader = new MessagesReader({ captureOutput: this.#setting.captureOutput() });
    const call = this.#open(textOf(message.model), reader);
    if (call === undefined) return;
    const inputTokens = numberOf(shapeOf(message.usage).input_tokens);
    this.#current = {
      call,
      reader,
      inputTokens,
      isStreamed: false,
      blocks: 0,
      knowsStop: false,
    };
  }

  #open(answered: string | undefined, reader?: MessagesReader): Call | undefined {
    const { parent } = this.#setting;
    const options = this.#setting.options(answered);
    const startedMs = this.#askedMs;
    const call = openSpec({ kind: 'llm', name: 'chat', options, parent, startedMs, ...(reader && { reader }) });
    const retriedMs = this.#retriedMs;
    this.#retriedMs = undefined;
    if (retriedMs !== undefined) {
      call?.tell((span) => {
        span.setAttribute(ATTR.retried, true);
        span.addEvent('ta.last_attempt', undefined, hrTime(call.originMs, retriedMs));
      });
    }
    return call;
  }

  /** Counts of tokens that the model put out are not those of the whole answer until it says why it stopped. */
  #whole(current: ModelCall, message: Shape): void {
    const { call, reader } = current;
    current.knowsStop = textOf(message.stop_reason) !== undefined;
    const counted = shapeOf(message.usage);
    const usage = current.knowsStop ? counted : { ...counted, output_tokens: null };
    reader.chunk({ type: 'message_start', message: { ...message, usage } }, call);
    for (const block of listOf(message.content)) {
      reader.chunk({ type: 'content_block_start', index: current.blocks++, content_block: block }, call);
    }
  }
}
