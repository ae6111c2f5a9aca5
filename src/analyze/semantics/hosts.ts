import ipaddr from 'ipaddr.js';
import { parse } from 'tldts-icann';

/** Ends of names that only resolve inside a network. */
const LOCAL_SUFFIXES = ['.local', '.internal', '.svc', '.lan', '.test', '.localhost'];

/** A host as a key: lower case, without brackets, port, zone and the dot at the end. */
export function normaliseHost(host: string): string {
  let text = host.trim().toLowerCase();
  if (text.startsWith('[')) text = text.slice(1).split(']', 1)[0] as string;
  else if (text.split(':').length === 2) text = text.split(':', 1)[0] as string;
  text = text.split('%', 1)[0] as string;
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Where a host is: on this network, on the public internet, or nobody can say (a name under no public suffix). */
export type HostPlace = 'local' | 'public' | 'public-ip' | 'nowhere';

export function placeOf(host: string): HostPlace {
  if (ipaddr.isValid(host) && (host.includes(':') || /^\d+(\.\d+){3}$/.test(host))) {
    return ipaddr.process(host).range() === 'unicast' ? 'public-ip' : 'local';
  }
  if (!host.includes('.') || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix))) return 'local';
  return registrableDomain(host) === undefined ? 'nowhere' : 'public';
}

/**
 * Last labels that nobody can register a name under, yet in use: reserved by ICANN or the IETF, or made up by service
 * discovery. (The suffix list itself takes any last label for a suffix.)
 */
const NOT_REGISTRABLE: ReadonlySet<string> = new Set(
  'alt arpa cluster consul corp docker home intra intranet invalid kubernetes localdomain mail mesh nomad onion private workgroup'.split(
    ' ',
  ),
);

/**
 * `api.eu.vendor.co.uk` belongs to `vendor.co.uk`; undefined for addresses and names that nobody can register.
 * `.example` counts as public: RFC 2606 sets it aside for writing about public names.
 */
export function registrableDomain(host: string): string | undefined {
  const { domain, publicSuffix } = parse(host);
  if (domain === null || publicSuffix === null) return undefined;
  const last = publicSuffix.slice(publicSuffix.lastIndexOf('.') + 1);
  return NOT_REGISTRABLE.has(last) || !/[a-z]/.test(last) ? undefined : domain;
}

/** `suffix` itself and everything under it. */
export function isUnder(host: string, suffix: string): boolean {
  return host === suffix || host.endsWith(`.${suffix}`);
}
