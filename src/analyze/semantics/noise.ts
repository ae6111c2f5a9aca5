import type { Trace } from '../model/trace.ts';
import type { CallCategory } from './call-category.ts';
import type { Fingerprint } from './fingerprints/fingerprint.ts';
import { urlParts } from './fingerprints/url.ts';
import { firstAttribute } from './first-attribute.ts';
import { identityOf } from './identity.ts';
import { catalogued } from './vendors.ts';

const CONNECTION =
  /^(pg-pool\.connect|pg\.connect|pool\.(connect|acquire)|(tcp|tls|redis|mongodb|mysql|ioredis)[.\-_]connect|connect|dns\.[a-z]+|tls\.handshake|net\.connect)$/i;
const TRANSACTION = /^(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|SAVEPOINT|RELEASE|SET|DISCARD|DEALLOCATE|USE)\b/;
const LIVENESS_SQL: ReadonlySet<string> = new Set(['SELECT ?', 'SELECT 1']);
const SESSION_COMMAND = /^(PING|AUTH|HELLO|SELECT|CLIENT|QUIT|READONLY|INFO)\b/;
const STATIC_FILE = /\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp4|webm)$/i;
const HEALTH = /(^|\/)(health|healthz|healthcheck|health-check|ready|readyz|readiness|live|livez|liveness|ping)\/?$/i;
const TELEMETRY_PATH = /\/v1\/(traces|metrics|logs)$/;

/** Opening connections: said by the span's name alone, whatever else it carries. */
export const isConnectionHandling = (trace: Trace, span: number): boolean => CONNECTION.test(trace.name(span));

/**
 * Whether a call is never worth a finding: connection and transaction handling, static files, health checks, and calls
 * to vendors of telemetry and feature flags.
 */
export function isNoise(trace: Trace, span: number, category: CallCategory, fingerprint: Fingerprint): boolean {
  if (isConnectionHandling(trace, span)) return true;
  if (category === 'db') return isStoreNoise(trace, span, fingerprint);
  if (category === 'rpc') return fingerprint.subject.startsWith('grpc.health.');
  if (category === 'mcp') return trace.attribute(span, 'mcp.method.name') === 'ping';
  return category === 'http' && isHttpNoise(trace, span);
}

function isStoreNoise(trace: Trace, span: number, { text }: Fingerprint): boolean {
  const system = firstAttribute(trace, span, ['db.system.name', 'db.system'])?.toLowerCase();
  if (system === 'redis' || system === 'valkey') return SESSION_COMMAND.test(text);
  return TRANSACTION.test(text) || LIVENESS_SQL.has(text);
}

function isHttpNoise(trace: Trace, span: number): boolean {
  const host = identityOf(trace, span).host;
  if (host !== undefined && catalogued(host)?.telemetry === true) return true;
  const target = firstAttribute(trace, span, ['url.full', 'http.url', 'http.target', 'url.path']);
  if (target === undefined) return false;
  const { path } = urlParts(target.slice(0, 4096));
  return STATIC_FILE.test(path) || HEALTH.test(path) || TELEMETRY_PATH.test(path);
}
