import type { Attributes } from '@opentelemetry/api';
import type { Call } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import type { AnswerReader } from '../api/request.ts';
import { known, numberOf, type Shape, shapeOf, textOf } from '../api/shape.ts';

/** What a request to `/embeddings` says. Its texts are never recorded. */
export function embeddingsAttributes(body: Shape): Attributes {
  const format = textOf(body.encoding_format);
  return known<Attributes[string]>({
    [ATTR.encodingFormats]: format === undefined ? undefined : [format],
    [ATTR.dimensions]: numberOf(body.dimensions),
    [ATTR.batchSize]: batchSize(body.input),
  });
}

/** A text, or the numbers of its tokens, is one input; a list of such is many. */
function batchSize(input: unknown): number | undefined {
  if (typeof input === 'string') return 1;
  if (!Array.isArray(input)) return undefined;
  return typeof input[0] === 'number' ? 1 : input.length;
}

export class EmbeddingsReader implements AnswerReader {
  isComplete(): boolean {
    return true;
  }

  result(value: unknown, call: Call): void {
    const { model, usage } = shapeOf(value);
    const facts = factsOf(call);
    facts.response({ model: textOf(model) });
    facts.usage({ input: numberOf(shapeOf(usage).prompt_tokens) });
  }
}
