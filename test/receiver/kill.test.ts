import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtlpTraces } from '../../src/analyze/formats/otlp-types.ts';
import { type Compiled, compileReceiver } from './compile-receiver.ts';
import { send, spanIdsOf, tracesOf } from './receiver-client.ts';

const KILLS = 12;
const CLIENTS = 4;

let compiled: Compiled;
let dir: string;

beforeAll(() => {
  compiled = compileReceiver();
  dir = mkdtempSync(join(tmpdir(), 'trace-analyze-kill-'));
});

afterAll(() => {
  compiled.remove();
  rmSync(dir, { recursive: true, force: true });
});

/** A receiver process that appends to `path`; prints its URL. */
async function startProcess(path: string): Promise<{ child: ChildProcess; url: string }> {
  const code = `
    import { startReceiver } from ${JSON.stringify(compiled.module('receiver/otlp-http'))};
    import { openSpanLog } from ${JSON.stringify(compiled.module('receiver/span-log'))};
    const log = openSpanLog(${JSON.stringify(path)});
    const receiver = await startReceiver({ onTraces: (traces) => log.append(traces) });
    console.log(receiver.url);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout!, 'data');
  return { child, url: `${String(said).trim()}/v1/traces` };
}

/** Posts until the receiver is gone. Bodies are of many sizes, so that kills fall into writes. */
async function postUntilGone(
  url: string,
  prefix: string,
  acknowledged: string[],
  onAcknowledged: () => void,
): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${prefix}-${i}`;
    const batch = tracesOf(id, ...Array.from({ length: (i * 37) % 400 }, (_, n) => `${id}-filler-${n}`));
    const answer = await send(url, { body: JSON.stringify(batch) }).catch(() => undefined);
    if (answer === undefined) return;
    expect(answer.status).toBe(200);
    acknowledged.push(id);
    onAcknowledged();
  }
}

describe('kill -9 of a receiver under load', () => {
  it('loses no acknowledged request, and every line is whole after the next start', async () => {
    const path = join(dir, 'spans.ndjson');
    const acknowledged: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, url } = await startProcess(path);
      let left = 5 + ((kill * 7) % 40);
      const onAcknowledged = () => {
        if (--left === 0) child.kill('SIGKILL');
      };
      const clients = Array.from({ length: CLIENTS }, (_, i) =>
        postUntilGone(url, `${kill}.${i}`, acknowledged, onAcknowledged),
      );
      await Promise.all([once(child, 'exit'), ...clients]);
    }
    const { child } = await startProcess(path);
    child.kill('SIGKILL');
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    const kept = new Set(lines.flatMap((line) => spanIdsOf(JSON.parse(line) as OtlpTraces)));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(KILLS * 5);
  });
});
