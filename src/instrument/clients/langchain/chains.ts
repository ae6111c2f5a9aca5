import { captureJson } from '../../capture.ts';
import { ATTR } from '../../semconv.ts';
import type { RunSpec } from '../api/runs.ts';
import { textOf } from '../api/shape.ts';
import type { LangchainOptions } from './options.ts';
import type { Run } from './runs.ts';

const HIDDEN = 'langsmith:hidden';
const UNNAMED_GRAPH = 'LangGraph';
/** Names that LangChain and LangGraph give to parts of their own. */
const INTERNAL = new Set(['func', 'prompt', 'parser', '__start__', '__end__']);

/**
 * The span of a chain, if it is to have one: graphs, agents, nodes of graphs, what the host has given a name, and what
 * is no part of another run. All else is how these are put together.
 */
export function chainSpec(run: Run, options: LangchainOptions): RunSpec | undefined {
  const what = kindOf(run, options);
  if (what === undefined) return undefined;
  const input = options.captureInput === true ? { [ATTR.inputValue]: captureJson(run.input) } : {};
  const attributes = { ...input, ...options.attributes };
  return { ...what, options: { attributes, captureOutput: options.captureOutput === true } };
}

function kindOf(run: Run, { agent }: LangchainOptions): Pick<RunSpec, 'kind' | 'name'> | undefined {
  const { path, name, parentId, metadata, tags } = run;
  if (tags.includes(HIDDEN)) return undefined;
  const className = path.at(-1) ?? 'chain';
  const isRoot = parentId === undefined;
  if (isRoot && agent !== undefined) return { kind: 'agent', name: agent };
  if (isGraph(path)) {
    const named = textOf(metadata.lc_agent_name) ?? (name === UNNAMED_GRAPH ? undefined : name);
    return named === undefined ? { kind: 'workflow', name: UNNAMED_GRAPH } : { kind: 'agent', name: named };
  }
  if (className.endsWith('AgentExecutor')) return { kind: 'agent', name: name ?? className };
  if (isRoot) return { kind: 'step', name: name ?? className };
  const isNode = tags.some((tag) => tag.startsWith('graph:step:'));
  return name !== undefined && (isNode || isGivenName(name, run)) ? { kind: 'step', name } : undefined;
}

function isGraph(path: readonly string[]): boolean {
  return path[0] === 'langgraph' && /^(Compiled\w*|Pregel|RemoteGraph)$/.test(path.at(-1) ?? '');
}

function isGivenName(name: string, { path, metadata }: Run): boolean {
  if (name === path.at(-1) || name === metadata.langgraph_node || INTERNAL.has(name)) return false;
  // `StrOutputParser` is of a class that it calls itself something else; `Branch<a,b>` is how a graph goes on.
  return !/^[A-Z]\w*(Parser|Template|Retriever|Passthrough)$|^Runnable|^Channel|[<>]/.test(name);
}
