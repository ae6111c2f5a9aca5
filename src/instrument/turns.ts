import type { Kind } from './kinds.ts';

/** The model calls of one run of an agent, counted from one. */
export interface Turns {
  started: number;
  /** The last one that has ended. */
  ended: number;
}

/** What model calls below a call are counted by. Those below a tool or another model call are no turns of the agent. */
export function turnsBelow(kind: Kind, outer: Turns | undefined): Turns | undefined {
  if (kind === 'agent') return { started: 0, ended: 0 };
  return kind === 'step' || kind === 'workflow' ? outer : undefined;
}
