// Preloaded (`node --import`): writes every import that the program makes, as lines of JSON, to the file IMPORTS.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Hooks run in a thread of their own, which loads this same file.
if (isMainThread) register(import.meta.url);

export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const line = { specifier, from: context.parentURL, url: resolved.url };
  appendFileSync(process.env.IMPORTS, `${JSON.stringify(line)}\n`);
  return resolved;
}
