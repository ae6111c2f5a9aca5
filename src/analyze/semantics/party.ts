import { isUnder, normaliseHost, placeOf, registrableDomain } from './hosts.ts';
import { catalogued, HOSTED_PROVIDERS, LOCAL_PROVIDERS } from './vendors.ts';

export type PartyClass = 'third_party' | 'managed' | 'internal' | 'unknown';

/** What the spans of one call tell of its far side. Absent: not recorded. */
export interface PartyEvidence {
  readonly host?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  /** `service.peer.name`, `peer.service`. */
  readonly peerService?: string | undefined;
  /** `db.system.name`, `messaging.system`, `rpc.system.name`. */
  readonly system?: string | undefined;
  /** The service whose SERVER or CONSUMER span continues the call, if one is in the trace. */
  readonly servedBy?: string | undefined;
}

export interface PartyOptions {
  /** Rule `config`, tried first; the first entry that matches wins. */
  readonly vendors?: readonly VendorOption[];
  /** Registrable domains that are the user's own. */
  readonly ownDomains?: readonly string[];
  /** More ends of host names that only resolve inside. */
  readonly internalSuffixes?: readonly string[];
}

interface VendorOption {
  readonly match: {
    readonly host?: string;
    readonly suffix?: string;
    readonly provider?: string;
    readonly service?: string;
  };
  readonly name: string;
  readonly class: PartyClass;
}

/** Who a call goes to, and by which rule of docs/third-party.md. */
export interface Classified {
  readonly name: string;
  readonly vendor: string;
  readonly class: PartyClass;
  readonly rule: PartyRule;
  readonly confidence: 'high' | 'medium' | 'low';
}

type PartyRule =
  | 'config'
  | 'server-in-trace'
  | 'known-service'
  | 'local-address'
  | 'private-name'
  | 'gateway'
  | 'provider'
  | 'local-provider'
  | 'embedded'
  | 'own-domain'
  | 'managed-host'
  | 'vendor-host'
  | 'public-host'
  | 'public-ip'
  | 'nothing-known';

/** Databases that run inside the program that calls them. */
const EMBEDDED: ReadonlySet<string> = new Set([
  'sqlite',
  'duckdb',
  'h2',
  'derby',
  'hsqldb',
  'leveldb',
  'rocksdb',
  'in_memory',
]);

/**
 * Classifies a call. First rule that fits: user's configuration, a served span in the trace, a service of the trace, a
 * local address, the provider, an own domain, a managed host, a public host; else unknown.
 */
export function classifyParty(
  evidence: PartyEvidence,
  services: ReadonlySet<string>,
  options: PartyOptions = {},
): Classified {
  const host = evidence.host === undefined ? undefined : normaliseHost(evidence.host);
  const known = { ...evidence, host };
  const name = nameOf(known);
  const configured = byConfig(known, options);
  if (configured) return { name, vendor: configured.name, class: configured.class, rule: 'config', confidence: 'high' };
  if (evidence.servedBy !== undefined) return internal(name, 'server-in-trace', 'high');
  const { peerService } = evidence;
  if (peerService !== undefined && services.has(peerService)) return internal(name, 'known-service', 'medium');
  return (host === undefined ? byProvider(name, known) : byHost(name, host, known, options)) ?? unknown(name);
}

function byHost(name: string, host: string, evidence: PartyEvidence, options: PartyOptions): Classified | undefined {
  const place = options.internalSuffixes?.some((suffix) => isUnder(host, suffix)) ? 'local' : placeOf(host);
  const hosted = HOSTED_PROVIDERS.get(evidence.provider ?? '');
  if (place === 'local' || place === 'private') {
    if (hosted === undefined) {
      return place === 'local' ? internal(name, 'local-address', 'medium') : internal(name, 'private-name', 'low');
    }
    return { name, vendor: hosted, class: 'third_party', rule: 'gateway', confidence: 'medium' };
  }
  const byName = byProvider(name, evidence);
  if (byName) return byName;
  const domain = registrableDomain(host);
  if (domain !== undefined && options.ownDomains?.includes(domain)) return internal(name, 'own-domain', 'high');
  const row = catalogued(host);
  if (row?.managed) return { name, vendor: row.vendor, class: 'managed', rule: 'managed-host', confidence: 'high' };
  if (row) return { name, vendor: row.vendor, class: 'third_party', rule: 'vendor-host', confidence: 'high' };
  if (place === 'public-ip') return { name, vendor: host, class: 'third_party', rule: 'public-ip', confidence: 'low' };
  if (domain === undefined) return undefined;
  return { name, vendor: domain, class: 'third_party', rule: 'public-host', confidence: 'medium' };
}

function byProvider(name: string, { provider, system }: PartyEvidence): Classified | undefined {
  const hosted = HOSTED_PROVIDERS.get(provider ?? system ?? '');
  if (hosted !== undefined) return { name, vendor: hosted, class: 'third_party', rule: 'provider', confidence: 'high' };
  if (provider !== undefined && LOCAL_PROVIDERS.has(provider)) return internal(name, 'local-provider', 'medium');
  if (system !== undefined && EMBEDDED.has(system)) return internal(name, 'embedded', 'high');
  return undefined;
}

function byConfig(evidence: PartyEvidence, { vendors = [] }: PartyOptions): VendorOption | undefined {
  return vendors.find(({ match }) => {
    if (match.host !== undefined && match.host === evidence.host) return true;
    if (match.suffix !== undefined && evidence.host !== undefined && isUnder(evidence.host, match.suffix)) return true;
    if (match.provider !== undefined && match.provider === evidence.provider) return true;
    return (
      match.service !== undefined && (match.service === evidence.peerService || match.service === evidence.servedBy)
    );
  });
}

/** Host, else the service named, else provider, else model, else what kind of system it is. */
const nameOf = ({ host, peerService, servedBy, provider, model, system }: PartyEvidence): string =>
  host ?? peerService ?? servedBy ?? provider ?? model ?? system ?? 'unknown';

const internal = (name: string, rule: PartyRule, confidence: Classified['confidence']): Classified => ({
  name,
  vendor: name,
  class: 'internal',
  rule,
  confidence,
});

const unknown = (name: string): Classified => ({
  name,
  vendor: name,
  class: 'unknown',
  rule: 'nothing-known',
  confidence: 'low',
});
