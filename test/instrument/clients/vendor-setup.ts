import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { telemetryErrors } from '../../../src/instrument/index.ts';
import type { Vendor } from '../../support/vendors/vendor.ts';
import { type Recorder, startRecorder } from '../recorder.ts';

export interface Setup<V extends Vendor> {
  readonly server: V;
  /** A new one for each test. */
  readonly recorder: Recorder;
  /** `server.address` and `server.port` of requests to the server. */
  readonly endpoint: { readonly 'server.address': string; readonly 'server.port': number };
}

/** A server and a recorder for the tests of this file. Telemetry must not fail in any of them. */
export function setUpWith<V extends Vendor>(start: () => Promise<V>): Setup<V> {
  let server: V;
  let recorder: Recorder;
  let errorsBefore: number;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    recorder = startRecorder();
    errorsBefore = telemetryErrors();
  });
  afterEach(async () => {
    await recorder.stop();
    expect(telemetryErrors() - errorsBefore).toBe(0);
  });
  return {
    get server() {
      return server;
    },
    get recorder() {
      return recorder;
    },
    get endpoint() {
      return { 'server.address': '127.0.0.1', 'server.port': Number(new URL(server.origin).port) };
    },
  };
}
