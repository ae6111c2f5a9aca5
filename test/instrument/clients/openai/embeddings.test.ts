import { beforeAll, beforeEach, expect, it } from 'vitest';
import { traceOpenAI } from '../../../../src/instrument/clients/openai.ts';
import { describeReleases } from '../../../support/clients.ts';
import { outcome } from '../../recorder.ts';
import { type Client, loadSdk, type Sdk } from './sdk.ts';
import { setUp } from './setup.ts';

const set = setUp();

describeReleases('openai', (release) => {
  let sdk: Sdk;
  let client: Client;

  beforeAll(async () => {
    sdk = await loadSdk(release);
  });

  beforeEach(() => {
    client = traceOpenAI(new sdk.OpenAI({ apiKey: 'k', baseURL: set.server.baseURL, maxRetries: 0 }));
  });

  it('records embeddings with their tokens and how many there are', async () => {
    const { data } = await client.embeddings.create({ model: 'embed-fake', input: ['one', 'two'] });
    expect(data.map(({ embedding }: { embedding: ArrayLike<number> }) => [...Array.from(embedding)])).toEqual([
      [0.5, 0.25, 0.125],
      [1.5, 1.25, 1.125],
    ]);
    const span = set.recorder.span('embeddings embed-fake');
    expect(span.attributes).toEqual({
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'embed-fake',
      ...set.endpoint,
      'ta.batch_size': 2,
      'gen_ai.response.model': 'embed-fake-2026-11-01',
      'gen_ai.usage.input_tokens': 7,
    });
    expect(span.kind).toBe(2);
  });

  it('counts a text, and the numbers of its tokens, as one', async () => {
    const asked = { model: 'embed-fake', encoding_format: 'float', dimensions: 3 };
    for (const input of ['one', [1, 2, 3], [[1, 2], [3]]]) await client.embeddings.create({ ...asked, input });
    expect(set.recorder.spans.map((span) => span.attributes['ta.batch_size'])).toEqual([1, 1, 2]);
    expect(set.recorder.spans[0]!.attributes).toMatchObject({
      'gen_ai.request.encoding_formats': ['float'],
      'gen_ai.embeddings.dimension.count': 3,
    });
  });

  it('fails with the request', async () => {
    await expect(client.embeddings.create({ model: 'embed-fake:400', input: 'x' })).rejects.toThrow();
    const span = set.recorder.span('embeddings embed-fake:400');
    expect([span.attributes['error.type'], outcome(span)]).toEqual(['context_length_exceeded', 'error + exception']);
  });
});
