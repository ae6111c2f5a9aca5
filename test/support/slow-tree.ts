import { toleranceOf } from '../../src/analyze/analyses/critical-path/span-tree.ts';
import type { EdgeKind } from '../../src/analyze/analyses/critical-path/types.ts';
import { SpanKind } from '../../src/analyze/model/span.ts';
import type { Trace } from '../../src/analyze/model/trace.ts';
import { identityOf } from '../../src/analyze/semantics/identity.ts';
import type { Role } from '../../src/analyze/semantics/kinds.ts';
import { rolesOf } from '../../src/analyze/semantics/role.ts';
import { isSameModel } from '../../src/analyze/semantics/same-model.ts';

interface Node {
  readonly i: number;
  readonly role: Role;
  start: number;
  end: number;
  up: Node | undefined;
  edge: EdgeKind;
  isCall: boolean;
  isTail: boolean;
}

/** R4-R11 word by word over objects, with no thought of speed. */
export function slowTree(trace: Trace) {
  const roles = rolesOf(trace);
  const top = (i: number): Node => ({
    i,
    role: roles[i] ?? 'none',
    start: trace.start[i] ?? Math.min(...trace.tops.map((t) => trace.start[t] as number)),
    end: trace.end[i] ?? Math.max(...trace.tops.map((t) => trace.end[t] as number)),
    up: undefined,
    edge: 'awaited',
    isCall: false,
    isTail: false,
  });
  const spans = Array.from({ length: trace.size }, (_, i) => top(i));
  const root = trace.root < 0 ? top(trace.size) : (spans[trace.root] as Node);
  const others = spans.filter((n) => n !== root);
  const isOrphan = (n: Node): boolean => trace.orphan[n.i] === 1;
  for (const n of others) {
    const p = trace.parent[n.i] as number;
    n.up = p >= 0 ? spans[p] : isOrphan(n) ? undefined : root;
  }

  const e = toleranceOf(trace);
  const length = (n: Node): number => n.end - n.start;
  const outlives = (n: Node, p: Node): boolean =>
    n.end > p.end + e && (n.end - p.end > 0.01 * length(p) || n.end - p.end > 0.1 * length(n));
  const isEvidence = (n: Node): boolean => ['llm', 'io', 'tool'].includes(n.role);
  const isAsync = (n: Node): boolean => trace.attribute(n.i, 'trace.async') === 'true';
  const isLoose = (n: Node): boolean => trace.loose[n.i] === 1;
  const kids = (p: Node): Node[] => others.filter((n) => n.up === p);
  const onPath = (p: Node): Node[] => kids(p).filter((n) => n.edge !== 'off');
  const subtree = (n: Node, follow: (child: Node) => boolean): Node[] => [
    n,
    ...kids(n)
      .filter(follow)
      .flatMap((child) => subtree(child, follow)),
  ];
  const evidence = (n: Node): Node[] => subtree(n, (child) => child.edge !== 'off').filter(isEvidence);
  const recordedChildren = (n: Node): boolean => trace.parent.includes(n.i);
  const byDepth = (): Node[] => subtree(root, () => true).slice(1);

  // R4
  const longestFirst = others.filter(isOrphan).sort((a, b) => length(b) - length(a) || a.i - b.i);
  for (const orphan of longestFirst) {
    let holder = root;
    for (;;) {
      const holding = kids(holder).filter((n) => n.start <= orphan.start && n.end >= orphan.end);
      const only = holding[0];
      if (holding.length !== 1 || only === undefined || !recordedChildren(only)) break;
      holder = only;
    }
    orphan.up = holder;
    orphan.edge = holder.i === trace.size ? 'awaited' : 'hoisted';
  }

  // R5
  for (const n of byDepth()) {
    const p = n.up as Node;
    if (p.i === trace.size || isOrphan(n) || isLoose(n) || trace.process(n.i) === trace.process(p.i)) continue;
    const out = Math.max(0, p.start - n.start, n.end - p.end);
    const isPair = trace.kind(p.i) === SpanKind.client && trace.kind(n.i) === SpanKind.server;
    const looksLikeOne = trace.kind(n.i) !== SpanKind.consumer && length(n) <= length(p) && out <= 0.2 * length(n);
    n.isCall = isPair || looksLikeOne;
    if (!n.isCall || out <= e) continue;
    const slack = length(p) - length(n);
    const shift = slack >= 0 ? p.start + Math.floor(slack / 2 / 1000) * 1000 - n.start : Math.max(0, p.start - n.start);
    for (const moved of subtree(n, () => true)) {
      moved.start += shift;
      moved.end += shift;
    }
  }

  // R6
  const awaitedOnly = subtree(root, (n) => !isLoose(n) && !isAsync(n)).slice(1);
  const work = awaitedOnly.filter(isEvidence);
  const isIdleRoot = !isEvidence(root) && work.length > 0 && work.every((n) => n.start >= root.end);
  if (length(root) === 0 || isIdleRoot) root.end = Math.max(root.end, ...awaitedOnly.map((n) => n.end));

  // R7-R9, from the root downwards; ancestors as they were before
  const before = new Map(others.map((n) => [n, n.up as Node]));
  const worked = new Map(
    others.map((n) => [
      n,
      subtree(n, (c) => !isLoose(c) && !isAsync(c))
        .filter(isEvidence)
        .map((x) => x.end),
    ]),
  );
  for (const n of byDepth()) {
    const p = before.get(n) as Node;
    const ancestors: Node[] = [];
    for (let a: Node | undefined = p; a !== undefined; a = before.get(a)) {
      ancestors.push(a);
      if (a.edge === 'off') break;
    }
    const off = (): void => {
      n.edge = 'off';
      n.isTail =
        n.end > root.end &&
        !isAsync(n) &&
        !isLoose(n) &&
        kids(n).length > 0 &&
        ancestors.every((a) => a.edge !== 'off');
    };
    const hoist = (candidates: Node[]): void => {
      const into =
        candidates.find((a) => a.end >= n.end - e) ??
        (candidates.includes(root) && !outlives(n, root) ? root : undefined);
      if (into === undefined) off();
      else {
        n.up = into;
        n.edge = 'hoisted';
      }
    };
    if (isAsync(n)) off();
    else if (isLoose(n)) hoist(ancestors.slice(1));
    else if (!n.isCall && outlives(n, p)) {
      const last = Math.max(...(worked.get(n) as number[]));
      const was = n.end;
      if (n.start < p.end) {
        if (n.role === 'agent') n.end = Math.min(n.end, Math.max(p.end, last));
        else if (n.role === 'none' && last > Number.NEGATIVE_INFINITY && last <= p.end + e) n.end = p.end;
      }
      if (n.end < was && !outlives(n, p)) n.edge = 'hoisted';
      else hoist(ancestors);
    }
  }

  // R10
  const wrappers = spans
    .filter(
      (n) => ['agent', 'tool', 'llm'].includes(n.role) && kids(n).length === 0 && !trace.open[n.i] && length(n) > 0,
    )
    .sort((a, b) => length(a) - length(b) || a.i - b.i);
  const originalKids = new Map([root, ...spans].map((n) => [n, kids(n)]));
  for (const x of wrappers) {
    const slack = 0.01 * length(x);
    const inside = (c: Node): boolean =>
      length(c) > 0 &&
      c.edge !== 'off' &&
      c.start >= x.start - slack &&
      c.end <= x.end + slack &&
      length(c) <= length(x);
    const union = (set: Node[]): number => {
      let [covered, to] = [0, x.start];
      for (const c of set.toSorted((a, b) => a.start - b.start)) {
        covered += Math.max(0, Math.min(x.end, c.end) - Math.max(to, c.start));
        to = Math.max(to, Math.min(x.end, c.end));
      }
      return covered;
    };
    const order = (a: Node, b: Node): number => a.start - b.start || trace.compareIds(a.i, b.i);
    const take: Node[] = [];
    let branch = x;
    for (let level = 1; level <= 32 && branch.up !== undefined && branch.edge !== 'off'; level++) {
      const near = (originalKids.get(branch.up) as Node[])
        .filter((c) => c !== branch && c.up === branch.up && inside(c))
        .sort(order);
      let content: Node[];
      if (x.role === 'agent') content = near.filter((c) => c.role !== 'agent' && evidence(c).length > 0);
      else if (x.role === 'tool')
        content = near.filter((c) => c.role !== 'tool' && evidence(c).some((w) => w.role !== 'tool'));
      else {
        content = near.filter((c) => union([c]) >= 0.95 * length(x) && isTwin(trace, x, c, level)).slice(0, 1);
        if (level === 1) take.push(...near.filter((c) => c.role === 'tool' && Math.abs(x.end - c.end) <= slack));
      }
      if (content.length > 0 && union(content) >= 0.95 * length(x)) {
        take.push(...content);
        break;
      }
      branch = branch.up;
    }
    for (const c of take) {
      c.up = x;
      c.edge = 'adopted';
    }
  }

  // R11
  for (const p of [root, ...spans]) {
    const isIdle = (c: Node): boolean =>
      c.edge === 'awaited' &&
      length(c) > 0 &&
      (c.role === 'none' || (c.role === 'agent' && kids(c).length > 0)) &&
      evidence(c).reduce((sum, x) => sum + length(x), 0) <= 0.1 * length(c);
    const idle = onPath(p).filter(isIdle);
    const busy = onPath(p).filter((c) => !idle.includes(c));
    const tails = p === root ? spans.filter((n) => n.isTail) : [];
    const operation = (c: Node): string => trace.name(c.i).replace(/\d/g, '');
    for (const name of new Set(idle.map(operation))) {
      const family = idle.filter((c) => operation(c) === name);
      const until = Math.max(...family.map((c) => c.end)) + e;
      const covers: (readonly [number, number])[] = [];
      for (const source of [...busy, ...tails]) {
        const all = evidence(source);
        if (all.reduce((sum, x) => sum + length(x), 0) === 0) continue;
        const done = all.filter((x) => x.end <= until);
        if (done.length === 0) continue;
        const hull = [Math.min(...all.map((x) => x.start)), Math.max(...done.map((x) => x.end))] as const;
        const isOneBlock = source.edge === 'hoisted' || tails.includes(source) || done.length === all.length;
        covers.push(...(isOneBlock ? [hull] : done.map((x) => [x.start, x.end] as const)));
      }
      const covered = (c: Node): number => {
        let [sum, to] = [0, c.start];
        for (const [from, end] of covers.toSorted((a, b) => a[0] - b[0])) {
          sum += Math.max(0, Math.min(c.end, end) - Math.max(to, from));
          to = Math.max(to, Math.min(c.end, end));
        }
        return sum;
      };
      const total = (of: (c: Node) => number): number => family.reduce((sum, c) => sum + of(c), 0);
      if (total(covered) < 0.9 * total(length)) continue;
      for (const c of family) if (covered(c) >= 0.9 * length(c)) c.edge = 'wait';
    }
  }

  return {
    window: [root.start, root.end],
    spans: spans.map(({ up, edge, start, end }) => ({
      parent: up === undefined || up.i === trace.size ? -1 : up.i,
      edge,
      start,
      end,
    })),
  };
}

function isTwin(trace: Trace, x: Node, c: Node, level: number): boolean {
  if (c.role !== 'llm' && c.role !== 'io') return false;
  const [a, b] = [identityOf(trace, x.i), identityOf(trace, c.i)];
  if (a.host !== undefined && b.host !== undefined && a.host !== b.host) return false;
  const isModelKnown = a.model !== undefined && b.model !== undefined;
  if (isModelKnown && !isSameModel(a.model as string, b.model as string)) return false;
  const [s, t] = [trace.scope(x.i), trace.scope(c.i)];
  if (s !== '' && t !== '') return s !== t;
  return level > 1 && trace.name(x.i) !== trace.name(c.i) && isModelKnown;
}
