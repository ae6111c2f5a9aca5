import { clearTimeout, setTimeout } from 'node:timers';
import { telemetryFailed } from '../telemetry-errors.ts';

/** False where the work failed or took longer. Never rejects; keeps the process alive for so long. */
export async function inTime(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const done = work.then(
    () => true,
    (error: unknown) => {
      telemetryFailed(error);
      return false;
    },
  );
  try {
    return await Promise.race([done, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
