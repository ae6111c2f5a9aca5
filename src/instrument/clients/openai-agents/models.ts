import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { nameOf } from '../../kinds.ts';
import { ATTR } from '../../semconv.ts';
import { promptAttributes } from '../api/messages.ts';
import { known, listOf, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import { ChatReader } from '../openai/chat.ts';
import { chatPrompt } from '../openai/chat-messages.ts';
import { ResponsesReader } from '../openai/responses.ts';
import { responsesPrompt } from '../openai/responses-messages.ts';
import type { AgentsOptions } from './options.ts';

/** Of a span for the Responses API: `_input` and `_response` are there unless the run is traced without data. */
export function readResponse(data: Shape, call: Call, options: AgentsOptions): void {
  const { _response: response, response_id: id } = data;
  const facts = factsOf(call);
  facts.response({ id: textOf(id) });
  if (options.captureInput === true && data._input !== undefined) {
    const { instructions, tools } = shapeOf(response);
    facts.attributes(promptAttributes(responsesPrompt({ input: data._input, instructions, tools })));
  }
  if (response === undefined) return;
  const answer = shapeOf(response);
  const reader = new ResponsesReader(options);
  reader.result(answer, call);
  reader.ending(call);
  // What model was asked for, the SDK does not tell.
  const model = textOf(answer.model);
  if (model !== undefined) call.tell((span) => span.updateName(nameOf('chat', model)));
  facts.attributes(
    known({
      [ATTR.reasoningLevel]: textOf(shapeOf(answer.reasoning).effort),
      [ATTR.previousResponse]: textOf(answer.previous_response_id),
    }),
  );
}

/** Of a span for any other API: `output` is what it answered, of chat completions for those of OpenAI. */
export function readGeneration(data: Shape, call: Call, options: AgentsOptions): void {
  const { model, input, output, usage } = data;
  const facts = factsOf(call);
  const asked = textOf(model);
  if (asked !== undefined) facts.model(asked);
  if (options.captureInput === true && input !== undefined) {
    facts.attributes(promptAttributes(chatPrompt({ messages: input })));
  }
  const answer = shapeOf(listOf(output)[0]);
  if (Array.isArray(answer.choices)) {
    const reader = new ChatReader({ n: answer.choices.length }, options);
    reader.result(answer, call);
    reader.ending(call);
  }
  if (usage !== undefined) facts.usage(usageOf(shapeOf(usage)));
}

function usageOf(usage: Shape) {
  const input = { ...shapeOf(usage.details), ...shapeOf(usage.input_tokens_details) };
  const output = { ...shapeOf(usage.details), ...shapeOf(usage.output_tokens_details) };
  return {
    input: numberOf(usage.input_tokens),
    output: numberOf(usage.output_tokens),
    cacheRead: numberOf(input.cached_tokens),
    reasoning: numberOf(output.reasoning_tokens),
  };
}

/** A stream that the host left: it was asked, did not fail, and has no answer. */
export function isCutShort({ type, _input, _response, input, output }: Shape): boolean {
  if (type === 'response') return _input !== undefined && _response === undefined;
  return type === 'generation' && input !== undefined && output === undefined;
}

/** What the error of OpenAI's client says where the host gave up. It calls itself `Error`. */
const ABORTED = 'Request was aborted.';

/** The SDK tells of errors by texts, such as `TypeError: terminated` or `429 Too many requests`. */
export function failAsTold(error: Shape, call: Call): void {
  const told = textOf(shapeOf(error.data).error) ?? textOf(error.message) ?? '';
  const [, name, message = told] = /^(\w*(?:Error|Exception)): (.*)$/s.exec(told) ?? [];
  if (name === 'AbortError' || message === ABORTED) {
    call.stopEarly();
    return;
  }
  const status = /^[45]\d\d\b/.exec(message)?.[0];
  if (status !== undefined) factsOf(call).attributes({ [ATTR.httpStatus]: Number(status) });
  call.fail({ name, message, code: status });
}
