import type { Category, FindingKind } from './types.ts';

const N_PLUS_ONE: Readonly<Record<Category, string>> = {
  db: 'Fetch all rows with one statement: a JOIN, WHERE … IN (…), or the data loader of your mapper.',
  http: 'Use one bulk request, or ask for the related resources with the first one; if there is no bulk endpoint, send the requests at once.',
  rpc: 'Use a batch method, or send the calls at once.',
  messaging: 'Publish the messages as one batch.',
  tool: 'Let the tool take a list and call it once, or let the model request the calls together and run them at once.',
  llm: 'Put the items into one prompt, or send the requests at once.',
  embedding: 'Embed all texts with one request: the input takes a list.',
  retrieval: 'Search with several queries in one request, or send the searches at once.',
  mcp: 'Offer a tool that takes a list, or send the calls at once.',
  unknown: 'Do the work of the loop with one call, or run the calls at once.',
};

const REDUNDANT: Readonly<Record<Category, string>> = {
  db: 'Run the statement once and keep its result for the request.',
  http: 'Send the request once and keep the response, or cache it.',
  rpc: 'Make the call once and keep its result.',
  messaging: 'Send the message once.',
  tool: 'Cache the tool by its arguments for the length of the run, and tell the model that the result is already there.',
  llm: 'Keep the answer to the first request, or cache by prompt.',
  embedding: 'Cache embeddings by their text.',
  retrieval: 'Keep the result of the first search for the run.',
  mcp: 'Keep the result of the first call for the session.',
  unknown: 'Make the call once and keep its result.',
};

/** What to change, in a sentence. */
export function fixFor(kind: FindingKind, category: Category, parametersHidden: boolean): string {
  if (kind === 'redundant_call') return REDUNDANT[category];
  const fix = N_PLUS_ONE[category];
  return parametersHidden
    ? `${fix} Parameters are not recorded; these may be identical calls, then keep the first result.`
    : fix;
}
