import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { Rejection } from './rejection.ts';

const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Lets in only requests that name this machine. A page of some web site can make its own host name point at 127.0.0.1
 * (DNS rebinding) and would then be same-origin with us; it cannot change the `Host` header, which has that name.
 */
export class HostGuard {
  readonly #hosts: ReadonlySet<string>;

  /** `bound` is where we listen; it is allowed too, unless it means "everywhere". */
  constructor(bound: string, more: readonly string[] = []) {
    const own = isIP(bound) === 6 ? `[${bound}]` : bound;
    this.#hosts = new Set([...LOOPBACK, own, ...more].map((host) => host.toLowerCase()));
  }

  check(request: IncomingMessage): void {
    const { host, origin } = request.headers;
    if (host === undefined || !this.#hosts.has(withoutPort(host))) {
      throw new Rejection(403, 'the Host header is not one of this receiver');
    }
    // Only browsers send it. "null" is a sandboxed frame or a file, neither of which is ours.
    if (origin !== undefined && !this.#hosts.has(withoutPort(origin.replace(/^https?:\/\//i, '')))) {
      throw new Rejection(403, 'requests from web pages of other hosts are not taken');
    }
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '').toLowerCase();
}
