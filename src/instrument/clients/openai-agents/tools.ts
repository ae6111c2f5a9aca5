import { argumentFacts, resultFacts } from '../../args-hash.ts';
import type { Call } from '../../call.ts';
import { captureJson } from '../../capture.ts';
import { factsOf } from '../../current.ts';
import { ATTR } from '../../semconv.ts';
import { parsed } from '../api/messages.ts';
import { known, listOf, type Shape, shapeOf, textOf } from '../api/shape.ts';
import type { AgentsOptions } from './options.ts';

/** A call of a function that a model asked for. */
interface Asked {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

/** Far more than the turns that wait for their tools at any time; the oldest is forgotten first. */
const MAX_TURNS = 1024;

/** What the model of a turn asked for and no function has answered, by the id of what both are part of. */
const turns = new Map<string, Asked[]>();

/** Notes what a model's span says that it asked for. */
export function noteAsked(data: Shape, parentId: string | undefined): void {
  const asked = [...responseCalls(data), ...generationCalls(data)];
  if (asked.length === 0 || parentId === undefined) return;
  turns.set(parentId, asked);
  if (turns.size > MAX_TURNS) turns.delete(turns.keys().next().value as string);
}

export function forgetTurn(id: string): void {
  turns.delete(id);
}

function responseCalls({ _response: response }: Shape): Asked[] {
  return listOf(shapeOf(response).output).flatMap((item) => {
    const { call_id: id, name, arguments: args } = shapeOf(item);
    return askedOf(id, name, args);
  });
}

function generationCalls({ output }: Shape): Asked[] {
  const choices = listOf(output).flatMap((answer) => listOf(shapeOf(answer).choices));
  return choices.flatMap((choice) =>
    listOf(shapeOf(shapeOf(choice).message).tool_calls).flatMap((call) => {
      const { id, function: called } = shapeOf(call);
      const { name, arguments: args } = shapeOf(called);
      return askedOf(id, name, args);
    }),
  );
}

function askedOf(id: unknown, name: unknown, args: unknown): Asked[] {
  return typeof id === 'string' && typeof name === 'string' ? [{ id, name, args: textOf(args) ?? '' }] : [];
}

/** A function's span has no id of the call that it answers: it is the one of its name, and with its arguments. */
export function readFunction(data: Shape, parentId: string | undefined, call: Call, options: AgentsOptions): unknown {
  const input = textOf(data.input);
  const id = answeredId(textOf(data.name), input, parentId);
  if (id !== undefined) call.answers(id);
  const output = textOf(data.output);
  if (input !== undefined) noteArguments(parsed(input), call, options);
  if (output === undefined) return undefined;
  const { hash, bytes } = resultFacts(output);
  factsOf(call).attributes(known({ [ATTR.resultHash]: hash, [ATTR.resultBytes]: bytes }));
  return output;
}

function noteArguments(args: unknown, call: Call, { captureInput }: AgentsOptions): void {
  const { hash, names } = argumentFacts([args]);
  factsOf(call).attributes(
    known({
      [ATTR.argsHash]: hash,
      [ATTR.argsKeys]: names,
      [ATTR.toolArguments]: captureInput === true ? captureJson(args) : undefined,
    }),
  );
}

function answeredId(name: string | undefined, input: string | undefined, turn: string | undefined): string | undefined {
  const asked = (turn === undefined ? undefined : turns.get(turn)) ?? [];
  const ofName = asked.filter((one) => one.name === name);
  const found = ofName.find((one) => one.args === input) ?? (ofName.length === 1 ? ofName[0] : undefined);
  if (found !== undefined) asked.splice(asked.indexOf(found), 1);
  return found?.id;
}
