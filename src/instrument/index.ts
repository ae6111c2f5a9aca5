export { bind } from './bind.ts';
export type { Carrier } from './carrier.ts';
export { type CaptureOptions, type ContentOptions, configureContent } from './content/settings.ts';
export { type Current, current, type ResponseFacts, type TokenUsage } from './current.ts';
export {
  agent,
  embedding,
  type Instrument,
  llm,
  type MemberDecorator,
  retrieval,
  step,
  tool,
  workflow,
} from './instruments.ts';
export type { AnyFunction, WrapOptions } from './options.ts';
export { extract, inject, linksTo } from './propagate.ts';
export { session } from './session.ts';
export { telemetryErrors } from './telemetry-errors.ts';
