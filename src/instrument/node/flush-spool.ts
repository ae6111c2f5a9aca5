import type { FromShipper } from './protocol.ts';
import { Sender } from './sender.ts';
import { readSettings } from './settings.ts';
import { Shipper } from './shipper.ts';
import { urlOf } from './span-processor.ts';
import { spoolDirectories } from './spool.ts';
import { endpointKey } from './spool-files.ts';

export interface SpoolFlushOptions {
  /** Default: where `init` keeps spans. */
  readonly directory?: string | undefined;
  /** Base URL of an OTLP/HTTP receiver, for everything there is. Default: that of the environment, for what is meant for it. */
  readonly endpoint?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface SpoolFlushResult {
  readonly directories: readonly string[];
  /** The URL asked. */
  readonly url: string;
  readonly delivered: number;
  /** Spans that are gone: refused, or not readable. */
  readonly lost: number;
  /** Files that were left alone: their process runs, or they are meant for another endpoint. */
  readonly running: number;
  readonly elsewhere: number;
  /** Why not everything is delivered; undefined where it is. What is left stays where it was. */
  readonly trouble?: 'away' | 'busy' | 'interrupted' | { readonly status: number };
}

/** A receiver that is busy is given up when it has taken nothing for so long. */
const PATIENCE_MS = 30_000;

/** Delivers what processes have left in a spool. Never rejects for what the receiver or the disk does. */
export async function flushSpool(options: SpoolFlushOptions): Promise<SpoolFlushResult> {
  const { directory, endpoint, headers, env, signal } = options;
  const given = { ...(endpoint === undefined ? {} : { endpoint }), ...(headers === undefined ? {} : { headers }) };
  // What is said on the command line wins over the environment.
  const settings = readSettings(given, endpoint === undefined ? env : {});
  const url = urlOf(settings.exporter, env);
  const exporter = { ...settings.exporter, url };
  const directories = directory === undefined ? spoolDirectories(undefined, env) : [directory];
  const recovery = {
    directories,
    endpoint: endpoint === undefined ? endpointKey(url) : undefined,
    maxBytes: Number.POSITIVE_INFINITY,
  };
  const sender = new Sender({ ...exporter, ...(headers === undefined ? {} : { headers }) }, env);
  const result = { directories, url, delivered: 0, lost: 0, running: 0, elsewhere: 0 };
  const trouble = await ship({ exporter, deliveryId: '', recovery }, sender, result, signal);
  return trouble === undefined ? result : { ...result, trouble };
}

type Sums = { delivered: number; lost: number; running: number; elsewhere: number };

function ship(
  options: ConstructorParameters<typeof Shipper>[0],
  sender: Sender,
  sums: Sums,
  signal: AbortSignal | undefined,
): Promise<SpoolFlushResult['trouble']> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end('busy'), PATIENCE_MS);
    const onAbort = () => end('interrupted');
    const end = (trouble: SpoolFlushResult['trouble']) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      shipper.close();
      resolve(trouble);
    };
    const onReply = (message: FromShipper) => {
      if (message.type === 'recovered') {
        sums.delivered += message.delivered;
        sums.lost += message.lost;
        timer.refresh();
      } else if (message.type === 'recoveryDone') {
        Object.assign(sums, { running: message.running, elsewhere: message.elsewhere });
        end(undefined);
      } else if (message.type === 'denied') end({ status: message.status });
      else if (message.type === 'reach' && message.isAway) end('away');
    };
    const shipper = new Shipper(options, sender, onReply);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
  });
}
