interface HasEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

/**
 * Whether whoever runs the program wants nothing traced: `TRACE_ANALYZE_DISABLED` (`true` or `1`) or
 * `OTEL_SDK_DISABLED` (`true`). Read once, when this is loaded. Where there is no environment, nothing is off.
 */
export const isOff: boolean = readSwitch();

function readSwitch(): boolean {
  try {
    const env = (globalThis as HasEnvironment).process?.env;
    const ours = env?.TRACE_ANALYZE_DISABLED?.trim().toLowerCase();
    return ours === 'true' || ours === '1' || env?.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true';
  } catch {
    // Deno asks for leave to read it, and may not get it.
    return false;
  }
}
