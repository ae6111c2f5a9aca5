import type { Attributes, Context } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { openSpec } from '../../open-call.ts';
import { ATTR } from '../../semconv.ts';
import type { ClientOptions } from '../api/options.ts';
import { ModelCalls } from './model-calls.ts';
import type { Backend } from './settings.ts';

/** What all spans of a run have in common; becomes known while it runs. */
export interface RunFacts {
  readonly backend: Backend;
  attributes: Attributes;
  /** The model that the run asks for. */
  model: string | undefined;
}

/** An agent of the run: the main one, or a subagent. */
export interface Thread {
  readonly agent: Call;
  readonly models: ModelCalls;
  /** It goes on when the tool that started it has answered. */
  isBackground: boolean;
}

/** The agents of one run. A subagent goes by the id of the tool use that started it. */
export class Threads {
  readonly main: Thread;
  readonly #facts: RunFacts;
  readonly #options: ClientOptions;
  readonly #subagents = new Map<string, Thread>();

  constructor(agent: Call, facts: RunFacts, options: ClientOptions) {
    this.#facts = facts;
    this.#options = options;
    this.main = { agent, models: this.#modelsOf(agent.context), isBackground: false };
  }

  get(toolUseId: string | undefined): Thread | undefined {
    return toolUseId === undefined ? this.main : this.#subagents.get(toolUseId);
  }

  start(toolUseId: string, name: string, parent: Context): Thread | undefined {
    const known = this.#subagents.get(toolUseId);
    if (known !== undefined) return known;
    const { backend, attributes } = this.#facts;
    const { redact } = this.#options;
    const agent = openSpec({
      kind: 'agent',
      name,
      options: { provider: backend.provider, redact, attributes },
      parent,
    });
    if (agent === undefined) return undefined;
    const thread = { agent, models: this.#modelsOf(agent.context), isBackground: false };
    this.#subagents.set(toolUseId, thread);
    return thread;
  }

  end(toolUseId: string, end: (agent: Call) => void): void {
    const thread = this.#subagents.get(toolUseId);
    if (thread === undefined) return;
    this.#subagents.delete(toolUseId);
    thread.models.end();
    end(thread.agent);
  }

  endAll(end: (agent: Call) => void): void {
    for (const toolUseId of [...this.#subagents.keys()].reverse()) this.end(toolUseId, end);
    this.main.models.end();
  }

  #modelsOf(parent: Context): ModelCalls {
    const facts = this.#facts;
    const options = this.#options;
    return new ModelCalls({
      parent,
      captureOutput: () => options.captureOutput === true,
      options: (answered) => {
        const { provider, server } = facts.backend;
        const model = askedFor(facts.model, answered);
        return {
          provider,
          redact: options.redact,
          attributes: facts.attributes,
          ...(server === undefined ? {} : { server }),
          ...(model === undefined ? {} : { model }),
        };
      },
    });
  }
}

/** A subagent may ask for another model than the run, and does not say so: then it is known by who answered. */
function askedFor(model: string | undefined, answered: string | undefined): string | undefined {
  if (answered === undefined || model === undefined) return model ?? answered;
  return answered.startsWith(model.replace(/\[.*\]$/, '')) ? model : answered;
}

/** Puts the conversation on all spans that are to come. */
export function inConversation(facts: RunFacts, id: string): void {
  facts.attributes = { [ATTR.conversation]: id, ...facts.attributes };
}
