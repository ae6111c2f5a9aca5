import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { telemetryErrors } from '../../../src/instrument/index.ts';
import { type RecordedSpan, type Recorder, recorder } from '../../../src/instrument/testing/index.ts';
import { type FakeOpenAI, type FakeOpenAIOptions, startOpenAI } from '../../support/vendors/openai.ts';

export interface Setup {
  readonly server: FakeOpenAI;
  /** A new one for each test. */
  readonly spans: Recorder;
  /** `server.address` and `server.port` of requests to the server. */
  readonly endpoint: { readonly 'server.address': string; readonly 'server.port': number };
}

/** A server and a recorder for the tests of this file. Telemetry must not fail in any of them. */
export function setUp(options: FakeOpenAIOptions = {}): Setup {
  let server: FakeOpenAI;
  let spans: Recorder;
  let errorsBefore: number;
  beforeAll(async () => {
    server = await startOpenAI(options);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    spans = recorder();
    errorsBefore = telemetryErrors();
  });
  afterEach(async () => {
    await spans.stop();
    expect(telemetryErrors() - errorsBefore).toBe(0);
  });
  return {
    get server() {
      return server;
    },
    get spans() {
      return spans;
    },
    get endpoint() {
      return { 'server.address': '127.0.0.1', 'server.port': Number(new URL(server.baseURL).port) };
    },
  };
}

/** The attributes of a span but for those that say what it cost the machine. */
export function factsOf({ attributes }: RecordedSpan): Record<string, unknown> {
  const { 'ta.cpu_time': _cpu, 'ta.event_loop_utilization': _elu, ...facts } = attributes;
  return facts;
}
