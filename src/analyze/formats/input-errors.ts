import { Buffer } from 'node:buffer';
import { InputError } from '../model/errors.ts';
import type { DocumentSummary, Skipped } from './otlp-types.ts';

/*
 * What is wrong with a whole document: TA1310 empty · TA1311 unknown format · TA1312 a format that is known and cannot
 * be read · TA1313 broken before the first span · TA1314 read, and without spans. Of `sources/files.ts`: TA1315 cannot
 * be opened or read · TA1316 a decompression bomb · TA1317 broken gzip.
 */

const READABLE = 'Jaeger JSON, OTLP JSON (also one document a line) or OTLP protobuf';

export function emptyError(): InputError {
  return new InputError('TA1310', 'the document is empty', {
    fix: `give it traces as ${READABLE}; was the export or the pipe before it cut off?`,
    byte: 0,
  });
}

export function unknownFormatError(head: Uint8Array, looksLike: string | undefined): InputError {
  const seen = looksLike === undefined ? '' : `: it looks like ${looksLike}`;
  return new InputError('TA1311', `this is no trace format that is known${seen}`, {
    why: `it begins with ${printable(head)}`,
    fix: `give it traces as ${READABLE}`,
    byte: 0,
  });
}

export function unreadFormatError(label: string, fix?: string): InputError {
  return new InputError('TA1312', `this looks like ${label}, which cannot be read yet`, {
    fix: fix ?? `export the traces as ${READABLE}`,
    byte: 0,
  });
}

/** Nothing could be read although the format is known; `why` if there is more to say than that there are no spans. */
export function noSpansError(
  format: DocumentSummary['format'],
  {
    skipped,
    cut,
    why,
  }: { readonly skipped: readonly Skipped[]; readonly cut: boolean; readonly why?: string | undefined },
): InputError {
  const first = skipped[0];
  const name = FORMAT_NAMES[format];
  if (first === undefined) {
    return new InputError('TA1314', `the document is ${name} without any spans`, {
      ...(why === undefined ? {} : { why }),
      fix: 'look whether the export chose the right traces, time and service',
    });
  }
  const where = first.line === undefined ? `byte ${first.byte}` : `line ${first.line}, byte ${first.byte}`;
  const what = cut ? 'is cut off or broken before its first whole span' : 'holds no span that can be read';
  return new InputError('TA1313', `the document is ${name} and ${what}`, {
    why: `${first.reason} (${where})`,
    fix: 'export the traces again, or repair the document there',
    ...(first.byte === undefined ? {} : { byte: first.byte }),
  });
}

const FORMAT_NAMES = { 'jaeger-json': 'Jaeger JSON', 'otlp-json': 'OTLP JSON', 'otlp-proto': 'OTLP protobuf' } as const;

/** The first bytes in a form that is safe to print. */
function printable(head: Uint8Array): string {
  const text = Buffer.from(head.subarray(0, 60)).toString('latin1');
  return JSON.stringify(text).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
