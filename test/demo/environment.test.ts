import { expect, it } from 'vitest';
import { runCli } from '../support/cli.ts';

it("the demo does not depend on the user's own settings of telemetry", async () => {
  const env = {
    OTEL_SDK_DISABLED: 'true',
    OTEL_TRACES_SAMPLER: 'always_off',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
  };
  const { code, stdout } = await runCli(['demo', '--quiet'], { env });
  expect(stdout).toMatch(/Planted problems found: (\d+) of \1 /);
  expect(code).toBe(0);
}, 30_000);

it('the demo ends with 130 on Ctrl-C, without calling it a bug', async () => {
  const { code, stdout, stderr } = await runCli(['demo'], {
    onStart: (child) => void child.stderr?.once('data', () => setTimeout(() => child.kill('SIGINT'), 500)),
  });
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).not.toContain('error[');
});
