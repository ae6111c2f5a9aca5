import { decorate } from './decorate.ts';
import type { Kind } from './kinds.ts';
import type { AnyFunction, WrapOptions } from './options.ts';
import { wrap } from './wrap.ts';

/** A decorator of the standard (not the legacy) form, for methods and for fields that hold a function. */
export interface MemberDecorator {
  <This, F extends AnyFunction>(value: F, context: ClassMethodDecoratorContext<This>): F;
  <This>(value: undefined, context: ClassFieldDecoratorContext<This>): <F>(initial: F) => F;
}

/** Wraps functions of one kind. `@tool` alone decorates, too. */
export interface Instrument extends MemberDecorator {
  <F extends AnyFunction>(name: string, fn: F, options?: WrapOptions<Parameters<F>>): F;
  <F extends AnyFunction>(name: string, options: WrapOptions<Parameters<F>> | undefined, fn: F): F;
  /** `@tool('name', { … })`; without a name, that of the method. */
  (name?: string, options?: WrapOptions): MemberDecorator;
  (options: WrapOptions): MemberDecorator;
}

function instrument(kind: Kind): Instrument {
  const instrumented = (...args: unknown[]): unknown => {
    const [first, second, third] = args;
    if (args.length > 1 && typeof first !== 'string') return decorateWith(kind, undefined, {}, first, second);
    const name = typeof first === 'string' ? first : undefined;
    if (name !== undefined && (typeof second === 'function' || args.length > 2 || (args.length === 2 && !second))) {
      const [fn, options] = typeof second === 'function' ? [second, third] : [third, second];
      return wrap(kind, name, (options ?? {}) as WrapOptions, fn as AnyFunction);
    }
    const options = ((name === undefined ? first : second) ?? {}) as WrapOptions;
    return (value: unknown, target: unknown) => decorateWith(kind, name, options, value, target);
  };
  return instrumented as Instrument;
}

function decorateWith(
  kind: Kind,
  name: string | undefined,
  options: WrapOptions,
  value: unknown,
  target: unknown,
): unknown {
  return decorate(kind, value, target, (memberName, fn) => wrap(kind, name ?? memberName, options, fn));
}

/** A run of an agent: `invoke_agent {name}`. In this process, unless `remote`. */
export const agent: Instrument = instrument('agent');

/** Several agents or steps that are one piece of work: `invoke_workflow {name}`. */
export const workflow: Instrument = instrument('workflow');

/** Anything else worth a span of its own, named as it is. */
export const step: Instrument = instrument('step');

/** A tool that a model may ask for: `execute_tool {name}`. */
export const tool: Instrument = instrument('tool');

/**
 * A call of a language model: `{operation} {model}`. The name is the operation where it is one of `chat`,
 * `text_completion` and `generate_content`; under any other name it is a chat, and the name is an attribute.
 */
export const llm: Instrument = instrument('llm');

/** A call of an embedding model: `embeddings {model}`. */
export const embedding: Instrument = instrument('embedding');

/** A search in a knowledge base: `retrieval {data source}`. The name is the data source, unless one is given. */
export const retrieval: Instrument = instrument('retrieval');
