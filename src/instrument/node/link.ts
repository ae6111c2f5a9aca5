import { existsSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { telemetryFailed } from '../telemetry-errors.ts';
import type { FromShipper, ShipperOptions, ToShipper, WorkerStart } from './protocol.ts';
import type { Sender } from './sender.ts';

/** The way to a shipper, wherever that runs. */
export interface Link {
  /** Whether the process can wait for it without its event loop. */
  readonly isThread: boolean;
  post(message: ToShipper): void;
  /** Blocks until everything was tried once, at most so long. */
  leave(ms: number): void;
  close(): void;
}

export interface LinkEvents {
  onReply(message: FromShipper): void;
  /** There is no thread (any more). What was not settled has to be posted to another. */
  onBroken(): void;
}

/**
 * A worker thread, which keeps no process alive and prints nothing. It is given the environment without NODE_OPTIONS
 * and none of the program's flags: what is preloaded by those is meant for the program. Throws where threads are not
 * allowed (permission model) or the file is not there (a bundle without it).
 */
export function threadLink(options: ShipperOptions, { onReply, onBroken }: LinkEvents): Link {
  const file = workerFile();
  if (!existsSync(file)) throw new Error(`${file} is not there`);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const workerData: WorkerStart = { traceAnalyze: options, flag: flag.buffer as SharedArrayBuffer };
  const worker = new Worker(file, { workerData, env, execArgv: [], stdout: true, stderr: true, name: 'trace-analyze' });
  let isOpen = true;
  const broken = (error: unknown) => {
    if (!isOpen) return;
    isOpen = false;
    telemetryFailed(error);
    onBroken();
  };
  worker.on('message', onReply);
  worker.on('error', broken);
  worker.on('exit', () => broken(new Error('the thread that ships spans has ended')));
  worker.unref();
  return {
    isThread: true,
    post: (message) => worker.postMessage(message),
    leave: (ms) => {
      Atomics.store(flag, 0, 0);
      worker.postMessage({ type: 'leave' } satisfies ToShipper);
      Atomics.wait(flag, 0, 0, ms);
    },
    close: () => {
      isOpen = false;
      void worker.terminate();
    },
  };
}

/** Beside this module, or beside the bundle that it has become a part of: no other file there has such a name. */
function workerFile(): string {
  // None in what bundlers make of modules as CommonJS.
  const url: string | undefined = import.meta.url;
  const here = url === undefined ? __filename : fileURLToPath(url);
  return join(dirname(here), `trace-analyze-worker${extname(here)}`);
}

/** The program's own thread. At its end this cannot be waited for, save where the process ends by itself. */
export function localLink(options: ShipperOptions, { onReply }: Pick<LinkEvents, 'onReply'>): Link {
  let isOpen = true;
  let isLeaving = false;
  let patience: NodeJS.Timeout | undefined;
  let sender: Sender | undefined;
  // Loaded only here: where there is a worker, the program is spared it.
  const shipper = Promise.all([import('./shipper.ts'), import('./sender.ts')]).then(([{ Shipper }, { Sender }]) => {
    sender = new Sender(options.exporter);
    const reply = (message: FromShipper) => isOpen && onReply(message);
    return new Shipper(options, sender, reply, () => clearTimeout(patience));
  });
  shipper.catch(telemetryFailed);
  const tell = (message: ToShipper): void =>
    void shipper.then(
      (one) => one.handle(message),
      () => undefined,
    );
  return {
    isThread: false,
    post: (message) => {
      isLeaving = false;
      clearTimeout(patience);
      tell(message);
    },
    leave: (ms) => {
      // Whoever has nothing left to do is asked again after each try, and would never end.
      if (isLeaving) return;
      isLeaving = true;
      // Requests do not keep the process alive.
      patience = setTimeout(() => sender?.giveUp(), ms);
      tell({ type: 'leave' });
    },
    close: () => {
      isOpen = false;
      void shipper.then(
        (one) => one.close(),
        () => undefined,
      );
    },
  };
}
