import type { LookupFunction } from 'node:net';
import { PLANTED } from './planted.ts';

const HOSTS: ReadonlySet<string> = new Set([PLANTED.modelVendor, PLANTED.slowVendor, PLANTED.database]);

/** The demo's servers have names as real ones do; all of them are this machine, and no name server is asked. */
export const lookup: LookupFunction = (host, options, done) => {
  if (!HOSTS.has(host)) done(new Error(`the demo knows no host ${host}`), '', 0);
  else if (options.all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};
