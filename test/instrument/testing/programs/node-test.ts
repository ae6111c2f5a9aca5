import { after, before, test } from 'node:test';
import { agent, tool } from '../../../../src/instrument/index.ts';
import { type Recorder, recorder } from '../../../../src/instrument/testing/index.ts';

/** A user's tests for Node's own runner: one holds, one does not. */
const weather = tool('weather', async (city: string) => `${city}: sun`);
const planner = agent('planner', async () => weather('Paris'));

let recording: Recorder;
before(() => {
  recording = recorder();
});
after(() => recording.stop());

test('asks the weather', async () => {
  await planner();
  recording.assertTree(`
    invoke_agent planner
      execute_tool weather
  `);
});

test('asks it twice', () => {
  recording.assertTree(`
    invoke_agent planner
      execute_tool weather
      execute_tool weather
  `);
});
