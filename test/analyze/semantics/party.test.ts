import { describe, expect, it } from 'vitest';
import { normaliseHost, placeOf, registrableDomain } from '../../../src/analyze/semantics/hosts.ts';
import { classifyParty, type PartyEvidence, type PartyOptions } from '../../../src/analyze/semantics/party.ts';
import { catalogued, HOSTED_PROVIDERS, VENDORS } from '../../../src/analyze/semantics/vendors.ts';

const services = new Set(['frontend', 'billing']);
const classify = (evidence: PartyEvidence, options?: PartyOptions) => {
  const { name, vendor, class: kind, rule, confidence } = classifyParty(evidence, services, options);
  return [name, vendor, kind, rule, confidence].join(' | ');
};

describe('the party of a call', () => {
  it.each<[PartyEvidence, string]>([
    // 2: served by a span of the trace, whatever the address says
    [
      { host: 'api.openai.com', servedBy: 'gateway' },
      'api.openai.com | api.openai.com | internal | server-in-trace | high',
    ],
    [{ servedBy: 'gateway' }, 'gateway | gateway | internal | server-in-trace | high'],
    // 3: a service of the trace
    [{ peerService: 'billing' }, 'billing | billing | internal | known-service | medium'],
    [{ peerService: 'elsewhere' }, 'elsewhere | elsewhere | unknown | nothing-known | low'],
    // 4: local addresses
    [{ host: 'localhost' }, 'localhost | localhost | internal | local-address | medium'],
    [{ host: '10.0.3.4' }, '10.0.3.4 | 10.0.3.4 | internal | local-address | medium'],
    [{ host: '[fd00::1]:8080' }, 'fd00::1 | fd00::1 | internal | local-address | medium'],
    [{ host: '100.64.1.2' }, '100.64.1.2 | 100.64.1.2 | internal | local-address | medium'],
    [{ host: 'postgres' }, 'postgres | postgres | internal | local-address | medium'],
    [{ host: 'db.demo.internal' }, 'db.demo.internal | db.demo.internal | internal | local-address | medium'],
    [
      { host: 'x.ns.svc.cluster.local' },
      'x.ns.svc.cluster.local | x.ns.svc.cluster.local | internal | local-address | medium',
    ],
    [{ host: 'litellm.internal', provider: 'openai' }, 'litellm.internal | OpenAI | third_party | gateway | medium'],
    [{ host: 'localhost', provider: 'ollama' }, 'localhost | localhost | internal | local-address | medium'],
    [{ host: 'kagent-tools.kagent' }, 'kagent-tools.kagent | kagent-tools.kagent | internal | private-name | low'],
    [{ host: 'llm.kagent', provider: 'openai' }, 'llm.kagent | OpenAI | third_party | gateway | medium'],
    // 5: providers
    [{ provider: 'anthropic', model: 'claude' }, 'anthropic | Anthropic | third_party | provider | high'],
    [{ host: 'api.openai.com', provider: 'openai' }, 'api.openai.com | OpenAI | third_party | provider | high'],
    [{ provider: 'ollama' }, 'ollama | ollama | internal | local-provider | medium'],
    [{ system: 'sqlite' }, 'sqlite | sqlite | internal | embedded | high'],
    // 7: managed hosts
    [
      { host: 'db.abc.eu-west-1.rds.amazonaws.com' },
      'db.abc.eu-west-1.rds.amazonaws.com | Amazon RDS | managed | managed-host | high',
    ],
    [
      { host: 'x.s3.eu-west-1.amazonaws.com' },
      'x.s3.eu-west-1.amazonaws.com | Amazon S3 | managed | managed-host | high',
    ],
    [{ host: 'a.b.mongodb.net' }, 'a.b.mongodb.net | MongoDB Atlas | managed | managed-host | high'],
    // 8: public hosts; hosted vector stores are third parties
    [
      { host: 'i-1.svc.us-east1.pinecone.io' },
      'i-1.svc.us-east1.pinecone.io | Pinecone | third_party | vendor-host | high',
    ],
    [
      { host: 'bedrock-runtime.us-east-1.amazonaws.com' },
      'bedrock-runtime.us-east-1.amazonaws.com | AWS Bedrock | third_party | vendor-host | high',
    ],
    [
      { host: 'us-central1-aiplatform.googleapis.com' },
      'us-central1-aiplatform.googleapis.com | Google Vertex AI | third_party | vendor-host | high',
    ],
    [{ host: 'API.Somebody.co.uk:443' }, 'api.somebody.co.uk | somebody.co.uk | third_party | public-host | medium'],
    [
      { host: 'api.model-vendor.example' },
      'api.model-vendor.example | model-vendor.example | third_party | public-host | medium',
    ],
    [{ host: '8.8.8.8' }, '8.8.8.8 | 8.8.8.8 | third_party | public-ip | low'],
    // 9
    [{}, 'unknown | unknown | unknown | nothing-known | low'],
    [{ model: 'my-model' }, 'my-model | my-model | unknown | nothing-known | low'],
    [{ system: 'postgresql' }, 'postgresql | postgresql | unknown | nothing-known | low'],
  ])('%j is %s', (evidence, expected) => {
    expect(classify(evidence)).toBe(expected);
  });

  it('obeys the configuration before everything else', () => {
    const vendors = [
      { match: { suffix: 'openai.com' }, name: 'Our reseller', class: 'managed' as const },
      { match: { service: 'gateway' }, name: 'Gateway team', class: 'third_party' as const },
    ];
    expect(classify({ host: 'api.openai.com' }, { vendors })).toBe(
      'api.openai.com | Our reseller | managed | config | high',
    );
    expect(classify({ host: 'x', servedBy: 'gateway' }, { vendors })).toBe(
      'x | Gateway team | third_party | config | high',
    );
    expect(classify({ host: 'notopenai.com' }, { vendors })).toContain('public-host');
  });

  it('counts own domains and configured suffixes as internal', () => {
    const ownDomains = ['acme.com'];
    expect(classify({ host: 'api.acme.com' }, { ownDomains })).toContain('internal | own-domain | high');
    expect(classify({ host: 'db.corp' }, { internalSuffixes: ['corp'] })).toContain('internal | local-address');
  });
});

describe('a host', () => {
  it.each([
    ['API.Example.com.', 'api.example.com'],
    ['host:8080', 'host'],
    ['[::1]:80', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is the key %s', (host, expected) => {
    expect(normaliseHost(host)).toBe(expected);
  });

  it.each([
    ['127.0.0.1', 'local'],
    ['169.254.169.254', 'local'],
    ['::ffff:10.0.0.1', 'local'],
    ['2606:4700::1111', 'public-ip'],
    ['redis', 'local'],
    ['a.lan', 'local'],
    ['vendor.com', 'public'],
    ['com', 'local'],
    ['x.corp', 'private'],
    ['billing.payments', 'private'],
    ['models.github.ai', 'public'],
    ['a.example', 'public'],
  ])('%s is %s', (host, expected) => {
    expect(placeOf(host)).toBe(expected);
  });

  it('belongs to a registrable domain of ICANN, not of a hoster', () => {
    expect(registrableDomain('bedrock-runtime.us-east-1.amazonaws.com')).toBe('amazonaws.com');
    expect(registrableDomain('10.0.0.1')).toBeUndefined();
  });
});

describe('the catalogue of vendors', () => {
  it('has at least 60 rows, each a lower-case domain of its own with a name', () => {
    expect(VENDORS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(VENDORS.map((row) => row.suffix)).size).toBe(VENDORS.length);
    for (const { suffix, vendor } of VENDORS) {
      expect(suffix).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      expect(placeOf(suffix), suffix).toBe('public');
      expect(vendor.trim()).toBe(vendor);
      expect(vendor).not.toBe('');
    }
  });

  it('covers models, vector stores, search, scraping, payment, mail and code hosts', () => {
    for (const group of ['model', 'vector', 'search', 'scraping', 'payment', 'mail', 'code', 'store', 'telemetry']) {
      expect(VENDORS.filter((row) => row.group === group).length, group).toBeGreaterThanOrEqual(4);
    }
    expect(HOSTED_PROVIDERS.get('openai')).toBe('OpenAI');
  });

  it('lets the longest suffix win', () => {
    expect(catalogued('x.openai.azure.com')?.vendor).toBe('Azure OpenAI');
    expect(catalogued('portal.azure.com')?.vendor).toBe('Azure');
    expect(catalogued('openai.com')?.vendor).toBe('OpenAI');
    expect(catalogued('notopenai.com')).toBeUndefined();
  });
});
