import type { Call } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes, textPart } from '../api/messages.ts';
import { known, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

/** Writes what a result says about the run so far. Its counts by model are those of the whole run, subagents included. */
export function noteResult(result: Shape, agent: Call, captureOutput: boolean): void {
  const facts = factsOf(agent);
  const models = Object.values(shapeOf(result.modelUsage)).map(shapeOf);
  facts.usage(models.length > 0 ? usageOfModels(models) : usageOfLoop(shapeOf(result.usage)));
  facts.attributes(
    known<number | string>({
      [ATTR.turns]: numberOf(result.num_turns),
      [ATTR.modelMs]: numberOf(result.duration_api_ms),
      [ATTR.costUsd]: numberOf(result.total_cost_usd),
      [ATTR.modelUsage]: models.length > 0 ? JSON.stringify(result.modelUsage) : undefined,
    }),
  );
  const text = textOf(result.result);
  if (!captureOutput || text === undefined) return;
  facts.attributes(answerAttributes([{ role: 'assistant', parts: [textPart(text)] }]));
}

function usageOfModels(models: readonly Shape[]): TokenUsage {
  const sum = (key: string) => models.reduce((total, model) => total + (numberOf(model[key]) ?? 0), 0);
  const [cacheRead, cacheWrite] = [sum('cacheReadInputTokens'), sum('cacheCreationInputTokens')];
  const reasoning = sum('thinkingTokens');
  return {
    input: sum('inputTokens') + cacheRead + cacheWrite,
    output: sum('outputTokens'),
    cacheRead,
    cacheWrite,
    ...(reasoning > 0 ? { reasoning } : {}),
  };
}

/** Of older releases: the main agent's alone. */
function usageOfLoop(usage: Shape): TokenUsage {
  const [cacheRead, cacheWrite] = [
    numberOf(usage.cache_read_input_tokens),
    numberOf(usage.cache_creation_input_tokens),
  ];
  const input = numberOf(usage.input_tokens);
  return {
    input: input === undefined ? undefined : input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: numberOf(usage.output_tokens),
    cacheRead,
    cacheWrite,
  };
}

/** `error.type` of a run with this result; undefined where it went well. `modelError` is what the API said last. */
export function failureOf(result: Shape, modelError: string | undefined): string | undefined {
  const subtype = textOf(result.subtype);
  if (subtype !== undefined && subtype !== 'success') return subtype;
  if (result.is_error !== true) return undefined;
  return modelError ?? numberOf(result.api_error_status)?.toString() ?? 'api_error';
}

const SIGNAL = /terminated by signal (SIG[A-Z0-9]+)/;
const EXIT_CODE = /exited with code (\d{1,3})/;

/** What ended the agent's process, by the text of the SDK's error: its classes have no names in later releases. */
export function exitOf(error: unknown): string | undefined {
  const message = textOf(shapeOf(error).message) ?? '';
  if (message.includes('aborted by user')) return 'AbortError';
  const code = EXIT_CODE.exec(message)?.[1];
  return SIGNAL.exec(message)?.[1] ?? (code === undefined ? undefined : `exit_code_${code}`);
}

const STATUS = /^API Error: (\d{3})\b/;

/** A message that stands for an answer that the API did not give: what went wrong, by the SDK's name for it. */
export function modelErrorOf({ error, message }: Shape): { type: string; status: number | undefined } | undefined {
  const { model, content } = shapeOf(message);
  const name = textOf(error);
  if (name === undefined && model !== '<synthetic>') return undefined;
  const text = Array.isArray(content) ? textOf(shapeOf(content[0]).text) : undefined;
  const status = STATUS.exec(text ?? '')?.[1];
  if (name === undefined && status === undefined) return undefined;
  const isNamed = name !== undefined && name !== 'unknown';
  return { type: isNamed ? name : (status ?? '_OTHER'), status: status === undefined ? undefined : Number(status) };
}
