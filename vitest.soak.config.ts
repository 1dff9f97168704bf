import { defineConfig } from 'vitest/config'

/** What takes minutes, with many seeds: `npm run test:soak`. */
export default defineConfig({
  test: {
    include: ['test/**/*.soak.ts'],
    setupFiles: ['test/support/each-file.ts'],
    globalSetup: ['test/support/built-setup.ts', 'test/support/postgres-setup.ts'],
    pool: 'forks',
    testTimeout: 30 * 60_000,
    passWithNoTests: false
  }
})
