import type { AnyFunction } from './options.ts';

/** The parts of a TC39 decorator's context that are used here. */
interface DecoratorContext {
  readonly kind: string;
  readonly name: string | symbol;
}

function isDecoratorContext(value: unknown): value is DecoratorContext {
  const { kind, name } = (value ?? {}) as Partial<DecoratorContext>;
  return typeof kind === 'string' && (typeof name === 'string' || typeof name === 'symbol');
}

/** Wraps a method, or the function that a field starts with. Throws a `TypeError` on anything else. */
export function decorate(
  label: string,
  value: unknown,
  target: unknown,
  wrapNamed: (name: string, fn: AnyFunction) => AnyFunction,
): unknown {
  if (!isDecoratorContext(target)) {
    throw new TypeError(`@${label} is a standard decorator: switch "experimentalDecorators" off, or call ${label}(…)`);
  }
  const name = memberName(target.name);
  if (target.kind === 'method') return wrapNamed(name, value as AnyFunction);
  if (target.kind !== 'field')
    throw new TypeError(`@${label} is for methods and functions in fields, not a ${target.kind}`);
  return (initial: unknown) => (typeof initial === 'function' ? wrapNamed(name, initial as AnyFunction) : initial);
}

function memberName(name: string | symbol): string {
  return (typeof name === 'symbol' ? (name.description ?? 'anonymous') : name).replace(/^#/, '');
}
