import { defineConfig } from 'vitest/config'

// The conditions that Node resolves by: by others a package comes in twice, once as ours and once as another package's.
// Not `import`: it is there for what is imported, and would be for what is required.
const conditions = ['module-sync', 'node']

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    globalSetup: ['apps/server/test/support/shared-postgres.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
  },
})
