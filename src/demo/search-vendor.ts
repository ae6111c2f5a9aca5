import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalServer, startHttpServer } from './local-server.ts';
import { PLANTED } from './planted.ts';

export interface SearchHit {
  readonly page: string;
}

/** A search engine that takes its time, and gives pages one at a time. */
export function startSearchVendor(): Promise<LocalServer> {
  return startHttpServer(PLANTED.slowVendor, async (request, response) => {
    const url = new URL(request.url ?? '/', `http://${PLANTED.slowVendor}`);
    const answer = url.pathname === '/search' ? await search(url) : await page(url);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
}

async function search(url: URL): Promise<{ hits: SearchHit[] }> {
  const isSlow = url.searchParams.get('region') === 'far';
  await sleep(isSlow ? PLANTED.slowSearchMs : PLANTED.searchMs);
  const each = PLANTED.pages / PLANTED.searches;
  const round = Number(url.searchParams.get('round'));
  return { hits: Array.from({ length: each }, (_, i) => ({ page: `p-${round * each + i}` })) };
}

async function page(url: URL): Promise<{ page: string; words: number }> {
  await sleep(PLANTED.pageMs);
  return { page: url.pathname.slice('/pages/'.length), words: 700 };
}
