import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: ['test/package/**', '**/node_modules/**'],
          globalSetup: ['test/support/global-setup/spool.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          // Compilers and bundlers have all of the package to read.
          testTimeout: 120_000,
          globalSetup: ['test/support/global-setup/spool.ts', 'test/support/global-setup/installed-package.ts'],
        },
      },
    ],
  },
});
