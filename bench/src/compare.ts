import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compareRuns, parseTable } from './compare/compare-runs.ts'
import { tableOf } from './table.ts'

const usage = `npm run bench:compare -- --before FOLDER [--pairs 4] -- [options of the bench]
  --before FOLDER  another checkout of this repository, with its packages installed
  --pairs 4        how often both are run, one after the other: before, after, before, after, …`

const options = { before: { type: 'string' }, pairs: { type: 'string', default: '4' } } as const

/** Runs the bench of a checkout; resolves with what it prints. Its progress goes to standard error. */
const runBench = (folder: string, args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, ['bench/src/main.ts', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  return new Promise((succeed, fail) => {
    child.once('error', fail)
    child.once('close', code =>
      code === 0 ? succeed(printed) : fail(new Error(`The bench in ${folder} ended with ${code}.`)),
    )
  })
}

const compare = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const pairs = Number(values.pairs)
  if (values.before === undefined || !Number.isInteger(pairs) || pairs < 1) throw new Error(usage)
  const before = resolve(values.before)
  const rounds = []
  for (let pair = 1; pair <= pairs; pair += 1) {
    process.stderr.write(`pair ${pair} of ${pairs}\n`)
    const first = parseTable(await runBench(before, positionals))
    rounds.push({ before: first, after: parseTable(await runBench(process.cwd(), positionals)) })
  }
  process.stdout.write(`${tableOf(compareRuns(rounds))}\n`)
}

try {
  await compare()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
