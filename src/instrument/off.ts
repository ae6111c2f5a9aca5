interface HasEnvironment {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
}

let off = readSwitch();

/**
 * Whether whoever runs the program wants nothing traced: `TRACE_ANALYZE_DISABLED` (`true` or `1`) or
 * `OTEL_SDK_DISABLED` (`true`). As it was when this was loaded or `readOff` was called last: every call of a wrapped
 * function asks, and the environment takes longer to look at than the call. Without an environment, nothing is off.
 */
export function isOff(): boolean {
  return off;
}

/** The same, from the environment as it is now: the program may have set it before it starts. */
export function readOff(): boolean {
  off = readSwitch();
  return off;
}

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
