import { type CliCommand, friendlyLines } from './commands/cli-command.ts'

const commands: ReadonlyMap<string, () => Promise<CliCommand>> = new Map([
  ['serve', async () => (await import('./commands/serve.ts')).serve],
  ['token', async () => (await import('./commands/token.ts')).token],
  ['demo', async () => (await import('./commands/demo.ts')).demo],
  ['check', async () => (await import('./commands/check.ts')).check],
  ['migrate', async () => (await import('./commands/migrate.ts')).migrate],
  ['backup', async () => (await import('./commands/backup.ts')).backup],
  ['restore', async () => (await import('./commands/restore.ts')).restore],
  ['scrub', async () => (await import('./commands/scrub.ts')).scrub],
  ['help', async () => (await import('./commands/help.ts')).help],
  ['--help', async () => (await import('./commands/help.ts')).help],
  ['-h', async () => (await import('./commands/help.ts')).help],
  ['--version', async () => (await import('./commands/help.ts')).showVersion],
])

const run = async ([name = 'help', ...argv]: readonly string[]): Promise<number> => {
  const load = commands.get(name)
  if (load === undefined) {
    console.error(`messenger has no command "${name}": see messenger --help`)
    return 1
  }
  const command = await load()
  return command(argv)
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  console.error(friendlyLines(error))
  process.exitCode = 1
}
