import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type DeliveryPrograms, deliveryPrograms } from './delivery-process.ts';

const NEWER = resolve(import.meta.dirname, '../clients/node_modules/@opentelemetry');
export const PROVIDERS = 'test/instrument/programs/providers';

/** Which packages of OpenTelemetry a program and our code beside it get. */
export interface Copies {
  /** `newer`: API 1.10 and, for programs, SDK 3.x; default: those of this project, API 1.9 and SDK 2.x. */
  readonly program?: 'newer';
  readonly ours?: 'newer';
}

const API = ['api'];
const ALL = ['api', 'core', 'resources', 'sdk-trace', 'context-async-hooks', 'semantic-conventions'];

/** Whether `npm run clients` has installed what the copies ask for. It has to have in CI. */
export function hasCopies({ program, ours }: Copies): boolean {
  const isInstalled = (program ?? ours) === undefined || existsSync(NEWER);
  if (!isInstalled && process.env.CI === 'true')
    throw new Error('another copy of the API is not installed: npm run clients');
  return isInstalled;
}

/** Programs that find packages of their own, as npm puts them where versions differ. */
export function programsWith({ program, ours }: Copies): DeliveryPrograms {
  const programs = deliveryPrograms(PROVIDERS);
  const root = resolve(dirname(programs.path(PROVIDERS)), '../../..');
  if (program === 'newer') link(join(root, 'test'), ALL);
  if (ours === 'newer') link(join(root, 'src'), API);
  return programs;
}

function link(part: string, names: readonly string[]): void {
  const scope = join(part, 'node_modules/@opentelemetry');
  mkdirSync(scope, { recursive: true });
  for (const name of names) symlinkSync(join(NEWER, name), join(scope, name));
}
