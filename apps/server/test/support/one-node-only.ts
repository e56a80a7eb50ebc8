/** The tests of a whole server that are run on one node with SQLite alone, and why: file under `apps/server/test/`, reason. */
export const oneNodeOnly: ReadonlyMap<string, string> = new Map([
  ['e2e/durability/full-disk.test.ts', 'fills the disk under a SQLite file'],
  ['e2e/durability/kill.test.ts', 'kills at a system call on a SQLite file'],
  ['e2e/durability/write-order.test.ts', 'watches the system calls on a SQLite file'],
  ['e2e/durability/power-cut.test.ts', 'takes writes back that a SQLite file had not flushed'],
  ['e2e/backup/backup-restore.test.ts', 'backs a SQLite file up'],
  ['e2e/backup/restore-kill.test.ts', 'kills at a system call on a SQLite file'],
  ['e2e/backup/scrub.test.ts', 'scrubs a SQLite file'],
  ['e2e/backup/new-epoch.test.ts', 'changes the PostgreSQL database under one node'],
  ['e2e/moving/migrate-kill.test.ts', 'moves a SQLite file to PostgreSQL'],
  ['e2e/moving/migrate-live.test.ts', 'moves a SQLite file to PostgreSQL'],
  ['e2e/reconnecting/draining.test.ts', 'watches one node stop'],
  ['e2e/start/fresh-clone.test.ts', 'installs from nothing and starts what the README says: one node'],
  [
    'e2e/start/readme.test.ts',
    'walks the README, which starts one node; tools/cluster/cluster.test.ts walks the cluster',
  ],
  ['e2e/start/older-node.test.ts', 'never gets as far as a database'],
])
