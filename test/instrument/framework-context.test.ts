import { type Context, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addFrameworkContext, currentContext } from '../../src/instrument/framework-context.ts';
import { bind, inject, session, step, telemetryErrors } from '../../src/instrument/index.ts';
import { openSpec } from '../../src/instrument/open-call.ts';
import { type Recorder, recorder } from '../../src/instrument/testing/index.ts';

let spans: Recorder;
let here: (active: Context) => Context | undefined = () => undefined;
addFrameworkContext((active) => here(active));

beforeEach(() => {
  spans = recorder();
});
afterEach(async () => {
  here = () => undefined;
  await spans.stop();
});

it('is the active context where no framework has one', () => {
  expect(currentContext()).toBe(context.active());
});

it('is what calls, headers, bound functions and sessions belong to', () => {
  const run = openSpec({ kind: 'step', name: 'run' })!;
  const outside = context.active();
  here = (active) => (active === outside ? run.context : undefined);
  step('inner', () => undefined)();
  session('s', () => step('in session', () => undefined)());
  expect(inject().traceparent).toContain(run.span.spanContext().spanId);
  const bound = bind(() => context.active());
  here = () => undefined;
  expect(bound()).toBe(run.context);
  run.succeed();
  spans.assertTree(`
    run
      inner
      in session {gen_ai.conversation.id=s}
  `);
});

it('goes through all frameworks, each given what the one before found', () => {
  const key = createContextKey('found');
  const seen: unknown[] = [];
  const last = (active: Context) => {
    seen.push(active.getValue(key));
    return undefined;
  };
  addFrameworkContext(last);
  addFrameworkContext(last);
  here = () => ROOT_CONTEXT.setValue(key, 'first');
  expect(currentContext().getValue(key)).toBe('first');
  expect(seen).toEqual(['first']);
});

it('counts what a framework fails with, and goes on without it', () => {
  const before = telemetryErrors();
  here = () => {
    throw new Error('mine');
  };
  expect(currentContext()).toBe(context.active());
  expect(telemetryErrors() - before).toBe(1);
});
