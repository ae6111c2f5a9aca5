import { type Answer, type ReceivedRequest, startAnthropic } from './anthropic.ts';
import type { Vendor } from './vendor.ts';

/** What the model says to a request of an agent; `results` is how many results of tools the request has. */
export type Script = (prompt: string, results: number) => Answer;

export interface FakeClaudeApi extends Vendor {
  /** What the model says from now on. Ids of messages start anew. */
  say(script: Script): void;
}

/**
 * Anthropic's API as Claude Code uses it. Messages of the agent and its subagents have ids in their order: `msg_1`,
 * `msg_2`. What Claude Code asks besides (to warm up, to count tokens) is answered, and has an id of its own.
 */
export async function startClaudeApi(): Promise<FakeClaudeApi> {
  let count = 0;
  let script: Script = () => ({ text: 'Hello.' });
  const answer = ({ body }: ReceivedRequest): Answer => {
    const messages = Array.isArray(body?.messages) ? (body.messages as { content: unknown }[]) : [];
    const text = JSON.stringify(messages);
    if (messages.length === 0 || text.includes('"Warmup"')) return { toolUses: [], text: 'x', id: 'msg_aside' };
    const scripted = script(JSON.stringify(messages[0]), text.split('"type":"tool_result"').length - 1);
    // What fails and is asked again has one id.
    const id = scripted.faults?.status === undefined ? `msg_${++count}` : 'msg_failed';
    return { toolUses: [], id, ...scripted };
  };
  const server = await startAnthropic({ answer });
  return Object.assign(server, {
    say(next: Script) {
      count = 0;
      script = next;
    },
  });
}
