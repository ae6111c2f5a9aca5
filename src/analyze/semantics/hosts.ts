import ipaddr from 'ipaddr.js';
import { parse } from 'tldts';

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

/** Where a host is. `private`: its last label is no public suffix, so that the name resolves only inside some network. */
export type HostPlace = 'local' | 'private' | 'public' | 'public-ip';

export function placeOf(host: string): HostPlace {
  if (ipaddr.isValid(host) && (host.includes(':') || /^\d+(\.\d+){3}$/.test(host))) {
    return ipaddr.process(host).range() === 'unicast' ? 'public-ip' : 'local';
  }
  if (!host.includes('.') || LOCAL_SUFFIXES.some((suffix) => host.endsWith(suffix))) return 'local';
  return registrableDomain(host) === undefined ? 'private' : 'public';
}

/**
 * `api.eu.vendor.co.uk` belongs to `vendor.co.uk`; undefined for addresses and names under no suffix of ICANN's.
 * `.example` counts as public: RFC 2606 sets it aside for writing about public names.
 */
export function registrableDomain(host: string): string | undefined {
  const { domain, isIcann, publicSuffix } = parse(host);
  return domain !== null && (isIcann === true || publicSuffix === 'example') ? domain : undefined;
}

/** `suffix` itself and everything under it. */
export function isUnder(host: string, suffix: string): boolean {
  return host === suffix || host.endsWith(`.${suffix}`);
}
