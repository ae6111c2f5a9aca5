import { describe, expect, it } from 'vitest';
import { identityOf, parseHost } from '../../../src/analyze/semantics/identity.ts';
import { type SpanDrawing, traceFrom } from '../../support/trace-from.ts';

function identity(attributes: NonNullable<SpanDrawing['attributes']>, kind: SpanDrawing['kind'] = 'client') {
  return identityOf(traceFrom([{ id: 'a', start: 0, end: 1, kind, attributes }]), 0);
}

describe('the far side of a span', () => {
  it('is the host of the URL where a proxy stands between', () => {
    expect(
      identity({ 'server.address': 'proxy.internal', 'url.full': 'https://API.openai.com:443/v1/chat?x=1' }),
    ).toEqual({
      host: 'api.openai.com',
    });
  });

  it.each([
    ['server.address', 'db.example'],
    ['net.peer.name', 'db.example'],
    ['http.url', 'http://db.example/x'],
    ['http.host', 'db.example:8080'],
    ['net.peer.ip', '10.0.0.7'],
  ])('is read from %s', (key, value) => {
    expect(identity({ [key]: value }).host).toBe(value.startsWith('10') ? value : 'db.example');
  });

  it('is unknown for the serving side, whose addresses are its own', () => {
    expect(identity({ 'server.address': 'me.example' }, 'server')).toEqual({});
    expect(identity({ 'server.address': 'me.example' }, 'consumer')).toEqual({});
  });

  it.each([
    ['gen_ai.provider.name', 'openai', 'openai'],
    ['gen_ai.system', 'az.ai.openai', 'azure.ai.openai'],
    ['gen_ai.system', 'Vertex_AI', 'gcp.vertex_ai'],
    ['ai.model.provider', 'openai.responses', 'openai'],
    ['gen_ai.system', 'langchain', undefined],
  ])('has a provider: %s = %s', (key, value, provider) => {
    expect(identity({ [key]: value }).provider).toBe(provider);
  });

  it('prefers what was asked for over what answered', () => {
    expect(identity({ 'gen_ai.response.model': 'm-2026-01-01', 'gen_ai.request.model': 'm' }).model).toBe('m');
    expect(identity({ 'gen_ai.response.model': 'm-2026-01-01' }).model).toBe('m-2026-01-01');
  });
});

describe('hosts in text', () => {
  it.each([
    ['https://user:secret@Host.example:8443/a?b#c', 'host.example'],
    ['http://[2001:db8::1]:80/', '2001:db8::1'],
    ['[::1]:6379', '::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['host.example:5432', 'host.example'],
    ['host.example.', 'host.example'],
    ['postgresql://db.example/app', 'db.example'],
    ['//cdn.example/x', 'cdn.example'],
    ['/var/run/socket', undefined],
    ['/path//x', undefined],
    ['', undefined],
    ['two words', undefined],
    ['https://', undefined],
  ])('%s', (text, host) => {
    expect(parseHost(text)).toBe(host);
  });
});
