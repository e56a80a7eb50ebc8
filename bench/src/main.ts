import { cpus, loadavg } from 'node:os'
import { runBench } from './bench.ts'
import type { Count, Figures } from './figures.ts'
import { type Options, readOptions, UsageError, usage } from './options.ts'
import { chooseCpus } from './processes/cpus.ts'
import { tooFewFiles } from './processes/open-files.ts'
import { Processes } from './processes/processes.ts'
import { tableOf } from './table.ts'

const circumstances = ({ rounds, seconds }: Options): string => {
  const { measured, load } = chooseCpus()
  const pinned = measured === undefined ? 'not pinned' : `measured on CPU ${measured}, loaded from CPU ${load}`
  const [model] = cpus()
  return [
    `${new Date().toISOString()}, Node ${process.version}, ${cpus().length} × ${model?.model.trim() ?? 'CPU'}, ${pinned}`,
    `medians of ${rounds} rounds of ${seconds} s; load average before: ${loadavg()[0]?.toFixed(2)}`,
  ].join('\n')
}

const numberOf = (count: number): string => count.toLocaleString('en-US')

const lineOf = ({ what, wanted, missing, tooMany }: Count): string =>
  `${what}: ${numberOf(wanted)}, ${numberOf(missing)} missing, ${numberOf(tooMany)} too many`

const isWrong = ({ missing, tooMany }: Count): boolean => missing + tooMany > 0

const report = ({ ratios, counts, notes = [] }: Figures): string =>
  [...(ratios.length === 0 ? [] : [tableOf(ratios), '']), ...notes, ...counts.map(lineOf)].join('\n')

const bench = async (options: Options): Promise<void> => {
  await using processes = new Processes()
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => {
      processes.abandon()
      process.exit(code)
    })
  const before = circumstances(options)
  const figures = await runBench(options, processes, line => process.stderr.write(`${line}\n`))
  process.stdout.write(`${before}\n\n${report(figures)}\n`)
  if (figures.counts.some(isWrong)) {
    process.stderr.write('Something was lost, or came twice: see the counts.\n')
    process.exitCode = 1
  }
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) process.stdout.write(`${usage}\n`)
  else {
    const refusal = tooFewFiles(options.largest)
    if (refusal !== undefined) throw new UsageError(refusal)
    await bench(options)
  }
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1
  process.stderr.write(`${error instanceof UsageError ? `${error.message}\n\n${usage}` : String(error)}\n`)
}
