import { configDefaults, defineConfig } from 'vitest/config'
import { CountingReporter } from './apps/server/test/support/counting-reporter.ts'
import { skipWithoutNats } from './apps/server/test/support/nats-server.ts'
import { oneNodeOnly } from './apps/server/test/support/one-node-only.ts'

// The conditions that Node resolves by: by others a package comes in twice, once as ours and once as another package's.
// Not `import`: it is there for what is imported, and would be for what is required.
const conditions = ['module-sync', 'node']

const tests = 'apps/server/test'
const onlyOfClusters = `${tests}/cluster/**/*.test.ts`

/** Tests of the GraphQL suite that execute nothing through a server. */
const withoutExecutor = [
  'compiled/**',
  'contract.test.ts',
  'execution-arguments.property.test.ts',
  'present-error.test.ts',
  'resuming.test.ts',
]

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    globalSetup: [`${tests}/support/shared-postgres.ts`],
    reporters: ['default', new CountingReporter()],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'one node with SQLite',
          env: { SHAPE: 'node' },
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'tools/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, onlyOfClusters],
        },
      },
      {
        extends: true,
        test: {
          name: 'GraphQL by the reference executor',
          env: { SHAPE: 'node', GRAPHQL_EXECUTOR: 'reference' },
          include: [`${tests}/graphql/**/*.test.ts`],
          exclude: [...configDefaults.exclude, ...withoutExecutor.map(file => `${tests}/graphql/${file}`)],
        },
      },
      {
        extends: true,
        test: {
          name: 'one node with PostgreSQL and NATS',
          env: { SHAPE: 'node', ENGINE: 'postgres' },
          testTimeout: 40_000,
          include: [
            ...['graphql', 'websocket', 'delivery', 'services'].map(folder => `${tests}/${folder}/**/*.test.ts`),
            // What does not depend on the engine is in `hostile/one-engine`.
            `${tests}/hostile/**/*.test.ts`,
          ],
          exclude: [...configDefaults.exclude, `${tests}/hostile/one-engine/**`],
          ...(skipWithoutNats() ? { testNamePattern: /^\b$/ } : {}),
        },
      },
      {
        extends: true,
        test: {
          name: 'three nodes with PostgreSQL and NATS',
          env: { SHAPE: 'cluster' },
          // Each starts three nodes, and others start theirs beside it.
          testTimeout: 90_000,
          hookTimeout: 90_000,
          include: [`${tests}/e2e/**/*.test.ts`, onlyOfClusters],
          exclude: [...configDefaults.exclude, ...[...oneNodeOnly.keys()].map(file => `${tests}/${file}`)],
          // Where there is no NATS they are counted, as skipped.
          ...(skipWithoutNats() ? { testNamePattern: /^\b$/ } : {}),
        },
      },
    ],
  },
})
