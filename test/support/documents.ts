import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = join(import.meta.dirname, '../fixtures');
/** A file of test/fixtures. */
export const fixture = (path: string) => readFileSync(join(FIXTURES, path));

/** The trace id of all spans made here. */
export const TRACE = '5b8efff798038103d269b633813fc60c';
/** The span id of span n. */
export const id = (n: number) => n.toString(16).padStart(16, '0');

export const otlpSpan = (n: number, more = '') =>
  `{"traceId":"${TRACE}","spanId":"${id(n)}","name":"größe 🙂 \\"${n}\\" ]}","startTimeUnixNano":"1700000000000000001","endTimeUnixNano":"1700000000000000${500 + n}"${more}}`;
const scopeSpans = (...spans: string[]) => `{"scope":{"name":"s"},"spans":[${spans.join(',')}]}`;
export const RESOURCE = '{"attributes":[{"key":"service.name","value":{"stringValue":"svc"}}]}';
export const resourceSpans = (...spans: string[]) => `{"resource":${RESOURCE},"scopeSpans":[${scopeSpans(...spans)}]}`;
/** An OTLP request with these spans. */
export const otlp = (...numbers: number[]) =>
  `{"resourceSpans":[${resourceSpans(...numbers.map((n) => otlpSpan(n)))}]}`;

export const jaegerSpan = (n: number) =>
  `{"traceID":"${TRACE}","spanID":"${id(n)}","operationName":"größe \\"${n}\\" ]}","references":[],"startTime":1700000000000000,"duration":${n},"tags":[],"logs":[],"processID":"p1"}`;
export const jaegerTrace = (...numbers: number[]) =>
  `{"traceID":"${TRACE}","spans":[${numbers.map(jaegerSpan).join(',')}],"processes":{"p1":{"serviceName":"svc","tags":[]}},"warnings":null}`;
export const pretty = (json: string) => JSON.stringify(JSON.parse(json), null, 2);
