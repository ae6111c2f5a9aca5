import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseDocument } from 'yaml';

const document = parseDocument(readFileSync(join(import.meta.dirname, '../docker-compose.yml'), 'utf8'));
const { jaeger } = document.toJS().services;

it('docker-compose.yml is YAML without errors or warnings', () => {
  expect([...document.errors, ...document.warnings]).toEqual([]);
});

it('docker-compose.yml pins one Jaeger release, the one whose answers are recorded', () => {
  const [image, version] = jaeger.image.split(':');
  expect(image).toBe('jaegertracing/jaeger');
  const recorded = readFileSync(join(import.meta.dirname, `fixtures/jaeger/${version}/v3-services.json`), 'utf8');
  expect(JSON.parse(recorded).jaeger).toBe(version);
});

it('docker-compose.yml opens UI and OTLP to this machine alone', () => {
  expect(jaeger.ports).toEqual(['127.0.0.1:16686:16686', '127.0.0.1:4317:4317', '127.0.0.1:4318:4318']);
});

it('docker-compose.yml checks health with what the image has: wget of busybox, and the port it opens', () => {
  expect(jaeger.healthcheck.test).toEqual(['CMD', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:13133/status']);
});

it('docker-compose.yml limits memory, with room between Go and the limit', () => {
  expect([jaeger.mem_limit, jaeger.environment.GOMEMLIMIT]).toEqual(['1g', '900MiB']);
  expect(jaeger.command).toEqual(['--set=extensions.jaeger_storage.backends.some_storage.memory.max_traces=10000']);
});

it('docker-compose.yml runs as nobody in particular, who may do nothing in particular', () => {
  expect(jaeger.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(jaeger).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
  });
  expect(jaeger.privileged).toBeUndefined();
  expect(jaeger.volumes).toBeUndefined();
});
