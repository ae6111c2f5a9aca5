import { InputError } from '../analyze/model/errors.ts';
import { SourceError } from '../analyze/sources/source-error.ts';
import { ReceiverError } from '../receiver/receiver-error.ts';
import { DeliveryError } from './delivery-error.ts';
import { UsageError } from './usage-error.ts';

/** What the process ends with; listed in `--help`. */
export const ExitCode = {
  ok: 0,
  /** `demo` did not find what it had planted. */
  demoMissed: 1,
  usage: 2,
  noInput: 3,
  sourceFailed: 4,
  bug: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The errors that a user can do something about. */
export type UserError = InputError | SourceError | ReceiverError | DeliveryError | UsageError;

export function isUserError(error: unknown): error is UserError {
  return (
    error instanceof InputError ||
    error instanceof SourceError ||
    error instanceof ReceiverError ||
    error instanceof DeliveryError ||
    error instanceof UsageError
  );
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof InputError) return ExitCode.noInput;
  if (error instanceof SourceError || error instanceof DeliveryError) return ExitCode.sourceFailed;
  if (error instanceof UsageError || error instanceof ReceiverError) return ExitCode.usage;
  return ExitCode.bug;
}
