import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { telemetryErrors } from '../../../../src/instrument/index.ts';
import { type FakeAnthropicOptions, startAnthropic } from '../../../support/vendors/anthropic.ts';
import type { Vendor } from '../../../support/vendors/vendor.ts';
import { type Recorder, startRecorder } from '../../recorder.ts';

export interface Setup {
  readonly server: Vendor;
  /** A new one for each test. */
  readonly recorder: Recorder;
  /** `server.address` and `server.port` of requests to the server. */
  readonly endpoint: { readonly 'server.address': string; readonly 'server.port': number };
}

/** A server and a recorder for the tests of this file. Telemetry must not fail in any of them. */
export function setUp(options: FakeAnthropicOptions = {}): Setup {
  let server: Vendor;
  let recorder: Recorder;
  let errorsBefore: number;
  beforeAll(async () => {
    server = await startAnthropic(options);
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
