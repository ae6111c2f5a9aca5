import type { Server } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';

const TURN_MS = 10;
const QUIET_TURNS = 5;

/** Knows when a server has nothing left to do. */
export class ServerActivity {
  #openRequests = 0;
  /** Counts connections and requests as they come and go. */
  #events = 0;

  constructor(server: Server) {
    server.on('connection', () => this.#events++);
    server.on('request', (_request, response) => {
      this.#events++;
      this.#openRequests++;
      response.once('close', () => {
        this.#events++;
        this.#openRequests--;
      });
    });
  }

  /**
   * Waits until no request is open, none came during some turns of the event loop, or `drainMs` are over. A client may
   * send and exit without waiting for the answer: its connection then still waits in the kernel to be accepted, and
   * closing the server would throw it away. Turns are counted, not time, as one long turn (a large body) is no rest.
   */
  async untilQuiet(drainMs: number): Promise<void> {
    const end = performance.now() + drainMs;
    let seen = this.#events;
    for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < end; quiet++) {
      await setTimeout(TURN_MS);
      // Timers run before sockets are looked at, this after.
      await setImmediate();
      if (this.#openRequests > 0 || this.#events !== seen) quiet = -1;
      seen = this.#events;
    }
  }
}
