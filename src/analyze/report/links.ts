/** Builds links into a Jaeger UI: the only place that knows its URLs. */
export interface LinkBuilder {
  trace(traceId: string): string;
  /** The trace opened at one to three spans, by their recorded ids. */
  spans(traceId: string, recordedSpanIds: readonly string[]): string;
}

/**
 * Links below the UI's base URL (`http://host:16686`, a base path is kept). undefined without a base, and for a base
 * that is no http(s) URL: then reports have no links.
 */
export function linkBuilder(uiBase: string | undefined): LinkBuilder | undefined {
  const base = normalizeUiBase(uiBase);
  if (base === undefined) return undefined;
  const trace = (traceId: string): string => `${base}/trace/${encode(jaegerTraceId(traceId))}`;
  return {
    trace,
    spans: (traceId, ids) => `${trace(traceId)}?uiFind=${ids.map(encode).join('%20')}`,
  };
}

/** Without credentials, query, fragment and trailing slashes; undefined for what is no http(s) URL. */
export function normalizeUiBase(uiBase: string | undefined): string | undefined {
  if (uiBase === undefined || !URL.canParse(uiBase)) return undefined;
  const { protocol, origin, pathname } = new URL(uiBase);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  let end = pathname.length;
  while (end > 0 && pathname[end - 1] === '/') end--;
  return origin + pathname.slice(0, end);
}

/** Jaeger's ids have 32 lower-case hex digits; shorter ones lost their zeros on the way. Others are left alone. */
export function jaegerTraceId(traceId: string): string {
  return /^[0-9a-f]{1,32}$/i.test(traceId) ? traceId.toLowerCase().padStart(32, '0') : traceId;
}

/** Half a surrogate pair, which no URL can carry, becomes the replacement character. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));
}
