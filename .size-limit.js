import { readFileSync } from 'node:fs';

/**
 * What each entry of the instrumentation may add to a program: minified, compressed with Brotli, with what it needs of
 * the core, without OpenTelemetry. Some 10 to 15 % above what it was when this was last set.
 */
const LIMITS = {
  './instrument': '23 kB',
  './instrument/node': '24 kB',
  './instrument/http': '24 kB',
  './instrument/openai': '25 kB',
  './instrument/anthropic': '24 kB',
  './instrument/google': '22 kB',
  './instrument/bedrock': '23 kB',
  './instrument/ai-sdk': '25 kB',
  './instrument/langchain': '23 kB',
  './instrument/openai-agents': '23 kB',
  './instrument/claude-agent': '25 kB',
  './instrument/mcp': '22 kB',
};

const { exports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default Object.entries(LIMITS).map(([entry, limit]) => ({
  name: entry.replace('.', 'trace-analyze'),
  path: exports[entry].default.slice(2),
  limit,
  ignore: ['@opentelemetry/*', 'node:*'],
  modifyEsbuildConfig: (config) => ({ ...config, format: 'esm' }),
}));
