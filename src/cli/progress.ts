import { type Io, write } from './io.ts';

const FIRST_MS = 300;
const TERMINAL_MS = 100;
const LOG_MS = 10_000;

/** Tells on stderr how far long work is: one line that changes on a terminal, a line every 10 s elsewhere. */
export interface Progress {
  /** `text` is made only when it is shown. */
  update(text: () => string): void;
  /** Removes the line. */
  done(): void;
}

export function startProgress(io: Io, quiet: boolean): Progress {
  if (quiet) return { update: () => undefined, done: () => undefined };
  const terminal = io.stderr.isTTY === true;
  const start = io.now();
  let next = start + (terminal ? FIRST_MS : LOG_MS);
  let shown = false;
  return {
    update: (text) => {
      const now = io.now();
      if (now < next) return;
      next = now + (terminal ? TERMINAL_MS : LOG_MS);
      shown = true;
      void write(io.stderr, terminal ? `\r\x1b[2K${text().slice(0, (io.stderr.columns ?? 80) - 1)}` : `${text()}\n`);
    },
    done: () => {
      if (shown && terminal) void write(io.stderr, '\r\x1b[2K');
      shown = false;
    },
  };
}

/** `12.4 MB`, of whole bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
