import { parentPort, workerData } from 'node:worker_threads';
import type { FromShipper, ToShipper, WorkerStart } from './protocol.ts';
import { Sender } from './sender.ts';
import { Shipper } from './shipper.ts';

/* The thread that ships spans; started by `link.ts`. */

const { traceAnalyze, flag } = workerData as WorkerStart;
const left = new Int32Array(flag);

/** The program may be waiting for this, and cannot be told otherwise. */
function wake(): void {
  Atomics.store(left, 0, 1);
  Atomics.notify(left, 0);
}

process.on('uncaughtExceptionMonitor', wake);
const reply = (message: FromShipper): void => parentPort?.postMessage(message);
const shipper = new Shipper(traceAnalyze, new Sender(traceAnalyze.exporter), reply, wake);
parentPort?.on('message', (message: ToShipper) => shipper.handle(message));
