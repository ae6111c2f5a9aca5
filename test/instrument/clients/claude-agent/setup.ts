import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { telemetryErrors } from '../../../../src/instrument/index.ts';
import { type FakeClaudeApi, startClaudeApi } from '../../../support/vendors/claude-agent.ts';
import { idOf, parentIdOf, type Recorder, startRecorder } from '../../recorder.ts';
import { type Cage, newCage } from './sdk.ts';

export interface Setup {
  readonly server: FakeClaudeApi;
  /** New ones for each test. */
  readonly recorder: Recorder & { tree(): string[] };
  readonly cage: Cage;
}

/** Claude Code starts slowly where much else runs. */
export const TIMEOUT = 180_000;

/** Telemetry must not fail in any test of the file. */
export function setUp(): Setup {
  let server: FakeClaudeApi;
  let recorder: Setup['recorder'];
  let cage: Cage;
  let errorsBefore: number;
  beforeAll(async () => {
    server = await startClaudeApi();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    recorder = withTree(startRecorder());
    cage = newCage(server);
    errorsBefore = telemetryErrors();
  });
  afterEach(async () => {
    await recorder.stop();
    await cage.remove();
    expect(telemetryErrors() - errorsBefore).toBe(0);
  });
  return {
    get server() {
      return server;
    },
    get recorder() {
      return recorder;
    },
    get cage() {
      return cage;
    },
  };
}

/** `tree`: every span as `name < name of its parent`, sorted. */
function withTree(recorder: Recorder): Setup['recorder'] {
  const tree = () => {
    const names = new Map(recorder.spans.map((span) => [idOf(span), span.name]));
    const line = (name: string, parent: string | undefined) =>
      parent === undefined ? name : `${name} < ${names.get(parent)}`;
    return recorder.spans.map((span) => line(span.name, parentIdOf(span))).sort();
  };
  return Object.defineProperty(recorder, 'tree', { value: tree }) as Setup['recorder'];
}
