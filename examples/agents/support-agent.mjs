// A support agent that looks up a customer's orders in Postgres. The database is read through `pg` and traced by
// OpenTelemetry's own instrumentation of it; the agent, its tools and its model by trace-analyze. All are one trace.
//
//     npx trace-analyze record -- node support-agent.mjs
//
// It finds that the state of every order is asked for by a query of its own (N+1).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import OpenAI from 'openai';
import { agent, session, tool } from 'trace-analyze/instrument';
import { init, shutdown } from 'trace-analyze/instrument/node';
import { traceOpenAI } from 'trace-analyze/instrument/openai';
import { startModel } from './stand-ins/model.mjs';

init({ service: 'support' });
registerInstrumentations({ instrumentations: [new PgInstrumentation()] });
// Loaded after that, and by `require`: it is there that OpenTelemetry's instrumentation comes in.
const pg = createRequire(import.meta.url)('pg');

const postgres = fork(new URL('./stand-ins/postgres.mjs', import.meta.url));
const [port] = await once(postgres, 'message');
const pool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: 1 });

const openai = traceOpenAI(
  new OpenAI(
    await startModel((messages) =>
      messages.some(({ role }) => role === 'tool')
        ? { text: 'Two of your orders were lost. I have sent them again.' }
        : { tools: [{ name: 'find_orders', args: { customer: 'ada' } }] },
    ),
  ),
);

const findOrders = tool('find_orders', async (/** @type {{ customer: string }} */ { customer }) => {
  const orders = await pool.query('SELECT id, item FROM orders WHERE customer = $1', [customer]);
  const found = [];
  for (const { id, item } of orders.rows) {
    // The planted fault: one JOIN would do.
    const shipments = await pool.query('SELECT state FROM shipments WHERE order_id = $1', [id]);
    found.push({ item, state: shipments.rows[0].state });
  }
  return found;
});

const TOOLS = [
  /** @type {const} */ ({
    type: 'function',
    function: {
      name: 'find_orders',
      description: 'The orders of a customer, and where they are.',
      parameters: { type: 'object', properties: { customer: { type: 'string' } } },
    },
  }),
];

const support = agent('support', async (/** @type {string} */ question) => {
  /** @type {OpenAI.ChatCompletionMessageParam[]} */
  const messages = [{ role: 'user', content: question }];
  for (;;) {
    const { choices } = await openai.chat.completions.create({ model: 'gpt-5', messages, tools: TOOLS });
    const { message } = /** @type {OpenAI.ChatCompletion.Choice} */ (choices[0]);
    messages.push(message);
    if (message.tool_calls === undefined) return message.content;
    for (const call of message.tool_calls) {
      if (call.type !== 'function') continue;
      const orders = await findOrders(JSON.parse(call.function.arguments));
      messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify(orders) });
    }
  }
});

console.log(await session('ticket-17', () => support('Where are my orders? — Ada')));
await pool.end();
await shutdown();
postgres.disconnect();
