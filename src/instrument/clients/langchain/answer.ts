import type { Call } from '../../call.ts';
import { factsOf, type TokenUsage } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { answerAttributes } from '../api/messages.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { messageOf } from './messages.ts';

/** LangChain gives messages ids of its own where the vendor gave none. */
const OWN_ID = /^(lc_)?run[-_]/;

/** Reads an `LLMResult`: a list of generations for the one prompt of a run. */
export function readAnswer(output: unknown, call: Call, captureOutput: boolean): void {
  const { generations, llmOutput } = shapeOf(output);
  const choices = listOf(listOf(generations)[0]).map(shapeOf);
  const first = shapeOf(choices[0]?.message);
  const response = { ...shapeOf(choices[0]?.generationInfo), ...shapeOf(first.response_metadata) };
  const finishReasons = choices.flatMap((choice) => finishOf(choice) ?? []);
  const facts = factsOf(call);
  facts.response({
    id: [response.id, first.id].map(textOf).find((id) => id !== undefined && !OWN_ID.test(id)),
    model: textOf(response.model_name) ?? textOf(response.model) ?? textOf(shapeOf(llmOutput).model),
    ...(finishReasons.length === 0 ? {} : { finishReasons }),
  });
  facts.usage(usageOf(first, shapeOf(llmOutput), response));
  facts.attributes(
    known({
      [ATTR.openaiFingerprint]: textOf(response.system_fingerprint),
      [ATTR.openaiResponseTier]: textOf(response.service_tier),
    }),
  );
  const asked = choices.flatMap(({ message }) => listOf(shapeOf(message).tool_calls));
  call.asksFor(asked.flatMap((one) => textOf(shapeOf(one).id) ?? []));
  if (!captureOutput) return;
  facts.attributes(answerAttributes(choices.map((one) => messageOf(one.message ?? one.text, finishOf(one)))));
}

/** By the names that vendors have for it. */
function finishOf({ generationInfo, message }: Shape): string | undefined {
  const said = { ...shapeOf(generationInfo), ...shapeOf(shapeOf(message).response_metadata) };
  const { finish_reason, finishReason, stop_reason, stopReason, done_reason, status } = said;
  const found = [finish_reason, finishReason, stop_reason, stopReason, done_reason].map(textOf).find(Boolean);
  if (found !== undefined) return found;
  if (status === 'completed') return listOf(shapeOf(message).tool_calls).length > 0 ? 'tool_calls' : 'stop';
  if (status !== 'incomplete') return undefined;
  const reason = textOf(shapeOf(said.incomplete_details).reason);
  return reason === undefined || reason === 'max_output_tokens' ? 'length' : reason;
}

function usageOf({ usage_metadata: told }: Shape, llmOutput: Shape, response: Shape): TokenUsage {
  const usage = shapeOf(told);
  const { cache_read: cacheRead, cache_creation: cacheWrite } = shapeOf(usage.input_token_details);
  const tokens = shapeOf(llmOutput.tokenUsage ?? response.tokenUsage);
  return {
    input: numberOf(usage.input_tokens) ?? numberOf(tokens.promptTokens),
    output: numberOf(usage.output_tokens) ?? numberOf(tokens.completionTokens),
    cacheRead: numberOf(cacheRead),
    cacheWrite: numberOf(cacheWrite),
    reasoning: numberOf(shapeOf(usage.output_token_details).reasoning),
  };
}
