import { Buffer } from 'node:buffer';
import type { Format, Head } from './format.ts';
import { decodeTraces } from './otlp-proto.ts';
import { toDescribed, toOtlpSpan } from './otlp-span.ts';
import type { OtlpResource, OtlpScope } from './otlp-types.ts';

export const otlpProtoFormat: Format = {
  name: 'otlp-proto',
  recognises: (head) => head.json === undefined && isTraces(head),
  open: (sink, log) => {
    const pieces: Uint8Array[] = [];
    return {
      write: (chunk) => void pieces.push(Buffer.from(chunk)),
      end: () => {
        try {
          for (const rs of decodeTraces(Buffer.concat(pieces)).resourceSpans ?? []) {
            const resource = sink.openResource();
            sink.describeResource(resource, toDescribed<OtlpResource>(rs.resource) ?? {});
            for (const ss of rs.scopeSpans ?? []) {
              const scope = sink.openScope();
              sink.describeScope(scope, toDescribed<OtlpScope>(ss.scope) ?? {});
              for (const s of ss.spans ?? []) {
                const span = toOtlpSpan(s);
                if (typeof span === 'string') log.skip(span, 0);
                else sink.span(resource, scope, span);
              }
            }
          }
        } catch (error) {
          log.skip((error as Error).message, 0);
          return { cut: true };
        }
        return { cut: false };
      },
    };
  },
};

function isTraces({ bytes }: Head): boolean {
  return bytes[0] === 0x0a && bytes.length > 4;
}
