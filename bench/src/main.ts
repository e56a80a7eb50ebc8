import { cpus, loadavg } from 'node:os'
import { type Figures, runBench } from './bench.ts'
import { type Options, readOptions, UsageError, usage } from './options.ts'
import { chooseCpus } from './processes/cpus.ts'
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

const countsOf = ({ sends, fanOut }: Figures): readonly string[] => [
  ...(sends === undefined ? [] : [`sends answered: ${sends.answered}; events in the logs: ${sends.logged}`]),
  ...(fanOut?.deliveries ?? []).map(
    ({ server, events, subscribers, deliveries, missing, tooMany }) =>
      `${server}: ${events} events to ${subscribers}: ${deliveries} deliveries, ${missing} missing, ${tooMany} too many`,
  ),
]

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
  const ratios = [...(figures.sends?.ratios ?? []), ...(figures.fanOut?.ratios ?? [])]
  process.stdout.write(`${[before, '', tableOf(ratios), '', ...countsOf(figures)].join('\n')}\n`)
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === undefined) process.stdout.write(`${usage}\n`)
  else await bench(options)
} catch (error) {
  process.exitCode = error instanceof UsageError ? 2 : 1
  process.stderr.write(`${error instanceof UsageError ? `${error.message}\n\n${usage}` : String(error)}\n`)
}
