// An agent that plans a trip: asks a model which cities to look at, asks the weather of each, and writes an answer.
// Model and weather service are stand-ins on this machine, reached over HTTP like the real ones.
//
//     npx trace-analyze record -- node examples/trip-planner.mjs
//
// It finds that the weather is asked city by city.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { agent, current, llm, session, tool } from 'trace-analyze/instrument';
import { init, shutdown } from 'trace-analyze/instrument/node';

init({ service: 'trip-planner' });

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  await sleep(pathname === '/chat' ? 120 : 40);
  const city = searchParams.get('city');
  response.end(
    JSON.stringify(pathname === '/chat' ? { text: 'Paris Rome Oslo Bern', tokens: 12 } : { city, sun: true }),
  );
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = /** @type {import('node:net').AddressInfo} */ (server.address());

/** @type {(path: string) => Promise<any>} */
const get = async (path) => (await fetch(`http://127.0.0.1:${address.port}${path}`)).json();

const weather = tool('weather', (/** @type {string} */ city) => get(`/weather?city=${city}`));

const ask = llm(
  'chat',
  { model: 'demo-small', provider: 'local', server: { address: '127.0.0.1', port: address.port } },
  async (/** @type {string} */ prompt) => {
    const { text, tokens } = await get(`/chat?prompt=${encodeURIComponent(prompt)}`);
    current().usage({ output: tokens });
    return text;
  },
);

const planner = agent('trip-planner', async (/** @type {string} */ wish) => {
  const cities = (await ask(`Which cities suit: ${wish}?`)).split(' ');
  const sunny = [];
  for (const city of cities) if ((await weather(city)).sun) sunny.push(city);
  return ask(`Propose a trip to one of ${sunny}.`);
});

console.log(await session('example', () => planner('a sunny weekend')));
await shutdown();
server.close();
