import type { Attributes } from '@opentelemetry/api';
import type { Call, CallReader } from '../../call.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { known, listOf, numberOf, type Shape, shapeOf } from '../api/shape.ts';

/** What a request for embeddings says. Its texts are never recorded. */
export function embedAttributes(params: Shape): Attributes {
  return known<Attributes[string]>({
    [ATTR.dimensions]: numberOf(shapeOf(params.config).outputDimensionality),
    [ATTR.batchSize]: batchSize(params.contents ?? params.content),
  });
}

function batchSize(contents: unknown): number | undefined {
  if (contents === undefined) return undefined;
  return Array.isArray(contents) ? contents.length : 1;
}

/** The Gemini API tells no tokens, Vertex AI tells them for each text. */
export class EmbeddingsReader implements CallReader {
  result(value: unknown, call: Call): void {
    const { embeddings, usageMetadata } = shapeOf(value);
    const counts = listOf(embeddings).flatMap((one) => numberOf(shapeOf(shapeOf(one).statistics).tokenCount) ?? []);
    const sum = counts.length === 0 ? undefined : counts.reduce((total, count) => total + count, 0);
    factsOf(call).usage({ input: numberOf(shapeOf(usageMetadata).promptTokenCount) ?? sum });
  }
}
