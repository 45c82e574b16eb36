import { defineConfig } from 'vitest/config'

/** Where CI collects what each run counted; unset on a developer's machine. */
const report = process.env.BENTO_TEST_REPORT

export default defineConfig({
  test: {
    globalSetup: 'test/support/build-once.ts',
    // Two cores: a worker each, so that servers and npm that the tests start get a turn too.
    maxWorkers: 2,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{system,interop,wild}/**', '**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      // These start many processes, fill disks and measure times: one file at a time, after the others.
      slow('system'),
      slow('wild'),
      slow('interop'),
    ],
  },
})

function slow(name: string) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      exclude: ['**/node_modules/**'],
      testTimeout: 300_000,
      hookTimeout: 600_000,
      fileParallelism: false,
      sequence: { groupOrder: 1 },
    },
  }
}
