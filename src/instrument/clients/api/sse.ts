/** A line that is longer than this is not looked at. */
const MAX_LINE = 1_000_000;

/** The JSON of server-sent events, from their bytes as these come in. Events of several lines have no JSON. */
export class SseEvents {
  readonly #decoder = new TextDecoder();
  #rest = '';

  read(bytes: unknown): unknown[] {
    if (!(bytes instanceof Uint8Array)) return [];
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]+/);
    const rest = lines.pop() ?? '';
    this.#rest = rest.length > MAX_LINE ? '' : rest;
    return lines.filter((line) => line.startsWith('data:')).flatMap((line) => jsonIn(line.slice(5)));
  }
}

function jsonIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
