import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'vitest';

const PACKAGES = resolve(import.meta.dirname, '../clients/packages');

/** One release of a client's package, installed by `npm run clients` in a folder of its own. */
export interface ClientRelease {
  /** Name of the folder, such as `openai-7`. */
  readonly name: string;
  readonly dir: string;
  /** What the folder's `load.mjs` exports: the parts of the package that tests use, as an ES module. */
  load(): Promise<Record<string, never>>;
}

/** All releases of a client: folders `<client>-<version>`, newest first. */
export function releasesOf(client: string): ClientRelease[] {
  const names = readdirSync(PACKAGES).filter(
    (name) => /^-\d[\d.]*$/.test(name.slice(client.length)) && name.startsWith(client),
  );
  return names
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => {
      const dir = join(PACKAGES, name);
      return { name, dir, load: () => import(pathToFileURL(join(dir, 'load.mjs')).href) as never };
    });
}

/**
 * Describes the behaviour with each release that runs on this version of Node. Releases that ask for a newer one are
 * left to the runs with that one (`scripts/nodes`). Without `npm run clients` it is skipped, and says so; never in CI.
 */
export function describeReleases(client: string, body: (release: ClientRelease) => void): void {
  for (const release of releasesOf(client)) {
    const needs = neededNode(release.dir);
    if (needs === undefined) {
      if (process.env.CI === 'true') throw new Error(`${release.name} is not installed: npm run clients`);
      describe.skip(`${release.name} (not installed: npm run clients)`, () => it('is skipped', () => undefined));
    } else if (needs <= Number(process.versions.node.split('.')[0])) {
      describe(release.name, () => body(release));
    }
  }
}

/** The highest major version of Node that one of the packages asks for; undefined where one is not installed. */
function neededNode(dir: string): number | undefined {
  const { dependencies } = readJson(join(dir, 'package.json')) as { dependencies: Record<string, string> };
  const majors = Object.keys(dependencies).map((name) => {
    const places = [join(dir, 'node_modules', name), join(PACKAGES, '../node_modules', name)];
    const place = places.find((one) => existsSync(join(one, 'package.json')));
    if (place === undefined) return undefined;
    const { engines } = readJson(join(place, 'package.json')) as { engines?: { node?: string } };
    return Number(/\d+/.exec(engines?.node ?? '')?.[0] ?? 0);
  });
  return majors.includes(undefined) ? undefined : Math.max(...(majors as number[]));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
