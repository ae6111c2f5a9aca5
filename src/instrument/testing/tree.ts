import type { RecordedSpan } from './recorded-span.ts';

export interface TreeOptions {
  /** Attributes to print behind each span that has them, in this order. */
  readonly attributes?: readonly string[];
  /** Prints the kinds of spans, unless `internal`. */
  readonly kinds?: boolean;
  /** Of siblings: that of their starts (default), or by name, for those that run at once and start as it comes. */
  readonly order?: 'start' | 'name';
}

/** One line of a tree: what is always there, and what depends on the attributes that were asked for. */
export interface TreeLine {
  readonly name: string;
  /** With indentation, without attributes. */
  readonly head: string;
  readonly span: RecordedSpan;
  /** What is not as it should be. */
  readonly remark: string;
}

/** Roots one after another, children below their parents and indented by two spaces each. */
export function treeLines(spans: readonly RecordedSpan[], open: ReadonlySet<string>, options: TreeOptions): TreeLine[] {
  const lines: TreeLine[] = [];
  const pending = ordered(
    spans.filter((span) => span.parent === undefined),
    options,
  ).map((span) => ({ span, depth: 0 }));
  while (pending.length > 0) {
    const { span, depth } = pending.shift()!;
    const kind = options.kinds === true && span.kind !== 'internal' ? ` [${span.kind}]` : '';
    const head = `${'  '.repeat(depth)}${span.name}${kind}`;
    lines.push({ name: span.name, head, span, remark: remarkOn(span, open) });
    pending.unshift(...ordered(span.children, options).map((child) => ({ span: child, depth: depth + 1 })));
  }
  return lines;
}

/** `name {key=value, other=value} (error: TypeError)`. */
export function print({ head, span, remark }: TreeLine, keys: readonly string[]): string {
  const known = keys.filter((key) => span.attributes[key] !== undefined);
  const values = known.map((key) => `${key}=${textOf(span.attributes[key])}`);
  return `${head}${values.length === 0 ? '' : ` {${values.join(', ')}}`}${remark}`;
}

function ordered(spans: readonly RecordedSpan[], { order }: TreeOptions): readonly RecordedSpan[] {
  if (order !== 'name') return spans;
  return [...spans].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function remarkOn(span: RecordedSpan, open: ReadonlySet<string>): string {
  const { status, parent, parentId, hasRemoteParent, attributes } = span;
  const error = status === 'error' ? ` (error: ${textOf(attributes['error.type'] ?? 'unknown')})` : '';
  if (parent !== undefined || parentId === undefined) return error;
  if (hasRemoteParent) return `${error} (remote parent)`;
  return `${error} (parent ${open.has(parentId) ? 'has not ended' : 'was not recorded'})`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
