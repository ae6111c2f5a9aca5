import type { Tracer } from '@opentelemetry/api';
import { withCaptureSetting } from '../content/settings.ts';
import { notice } from '../notice.ts';
import { type AiIntegration, aiIntegration } from './ai-sdk/integration.ts';
import type { AiTelemetryOptions } from './ai-sdk/run.ts';
import { aiTracer } from './ai-sdk/tracer.ts';

export type { AiIntegration, AiTelemetryOptions };

/** The settings that the AI SDK takes: `experimental_telemetry` in versions 5 and 6, `telemetry` in version 7. */
export interface AiTelemetry {
  readonly isEnabled: true;
  readonly functionId?: string;
  /** What versions 5 and 6 use. */
  readonly tracer: Tracer;
  /** What version 7 uses. */
  readonly integrations: AiIntegration[];
}

/**
 * For a call of the AI SDK: gives it a span (an agent where it has a `functionId`), and one for each model call, tool
 * and, in version 7, step in it. May be made once and given to many calls.
 */
export function aiTelemetry(options: AiTelemetryOptions = {}): AiTelemetry {
  const { functionId } = options;
  const setting = withCaptureSetting(options);
  return {
    isEnabled: true,
    ...(functionId === undefined ? {} : { functionId }),
    tracer: aiTracer(setting),
    integrations: [aiIntegration(setting, false)],
  };
}

const TRACED = Symbol.for('trace-analyze.ai-sdk');

/**
 * For version 7: traces every call of the SDK in this program, save those that are given integrations of their own.
 * Doing it again changes nothing.
 */
export function traceAiSdk(options: AiTelemetryOptions = {}): void {
  const registry = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: unknown };
  registry.AI_SDK_TELEMETRY_INTEGRATIONS ??= [];
  const registered = registry.AI_SDK_TELEMETRY_INTEGRATIONS;
  if (!Array.isArray(registered)) {
    notice('traceAiSdk: the AI SDK has no list of integrations; its calls are not traced');
    return;
  }
  if (registered.some((one: { [TRACED]?: true } | undefined) => one?.[TRACED] === true)) return;
  registered.push(Object.defineProperty(aiIntegration(withCaptureSetting(options), true), TRACED, { value: true }));
}
