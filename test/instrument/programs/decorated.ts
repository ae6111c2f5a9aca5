import { agent, step, tool } from '../../../src/instrument/index.ts';
import { idOf, parentIdOf, startRecorder } from '../recorder.ts';

class Weather {
  readonly unit = 'C';

  @tool('forecast', { provider: 'openmeteo' })
  static tomorrow(): string {
    return 'rain';
  }

  @tool()
  async today(city: string): Promise<string> {
    return `${city}: ${this.#degrees()} ${this.unit}`;
  }

  @step()
  #degrees(): number {
    return 20;
  }

  @agent({ attributes: { planned: true } })
  plan = (): string => `plan in ${this.unit}`;

  @tool
  direct(): string {
    return 'direct';
  }
}

const recorder = startRecorder();
const weather = new Weather();
const results = [await weather.today('Paris'), Weather.tomorrow(), weather.plan(), weather.direct()];
const spans = recorder.spans.map((span) => {
  const parent = recorder.spans.find((other) => idOf(other) === parentIdOf(span));
  return [span.name, parent?.name ?? '', span.attributes];
});
process.stdout.write(JSON.stringify({ results, spans, name: weather.today.name, length: weather.today.length }));
