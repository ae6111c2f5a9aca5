import { endpointOf } from '../api/endpoint.ts';
import { type Shape, shapeOf } from '../api/shape.ts';

/** `models/gemini-x` and `projects/p/locations/l/publishers/google/models/gemini-x` are `gemini-x`. */
export function modelName(model: string | undefined): string | undefined {
  return model?.replace(/^(?:.*\/)?models\//, '');
}

/** By the address that this one request goes to. */
export function serverOf(
  params: Shape,
  client: object,
): { readonly address: string; readonly port?: number } | undefined {
  const { baseUrl } = shapeOf(shapeOf(params.config).httpOptions);
  return endpointOf({ baseURL: baseUrl ?? baseUrlOf(client) }).server;
}

function baseUrlOf(client: object): unknown {
  const api = shapeOf(shapeOf(client).apiClient) as { getBaseUrl?(): unknown };
  return typeof api.getBaseUrl === 'function' ? api.getBaseUrl() : undefined;
}
