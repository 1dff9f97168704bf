import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/each-file.ts'],
    globalSetup: ['test/support/built-setup.ts', 'test/support/postgres-setup.ts'],
    /** LangGraph's own suite for savers takes `describe`, `it` and `expect` from there; ours import them. */
    globals: true,
    pool: 'forks',
    /** Files share their workers: to load all modules again for each of two hundred takes longer than most of them run. */
    isolate: false,
    /** One for each core: left to itself vitest keeps one free, which is half of a machine with two. */
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false
  }
})
