import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runBench } from '../src/bench.ts'
import { readOptions } from '../src/options.ts'
import { Processes } from '../src/processes/processes.ts'
import { tableOf } from '../src/table.ts'

const sendLines = ['1 sender', '3 senders, a conversation each', '3 senders, one conversation'].flatMap(load =>
  ['graphql-transport-ws', 'HTTP', 'the committer in process', 'SQLite, only writing'].flatMap(what => [
    `${load}: ${what}: sends/s`,
    `${load}: ${what}: µs CPU`,
  ]),
)
const fanOutLines = ['messenger.v1', 'graphql-transport-ws', 'graphql-sse'].flatMap(protocol =>
  ['one event in flight', '4 in flight'].flatMap(flight =>
    ['µs CPU', 'deliveries/s'].map(unit => `${protocol}, 5 subscribers, ${flight}: ${unit}`),
  ),
)

const ownSendingLines = ['µs CPU', 'deliveries/s'].map(
  unit => `ws, send() to each, 5 subscribers, one event in flight: ${unit}`,
)

/** Counts may fail here, times never: this machine may be busy with anything. */
describe.runIf(process.platform === 'linux')('the bench', () => {
  const tiny = ['--seconds', '0.05', '--rounds', '1', '--senders', '3', '--subscribers', '5']

  it('measures every line, loses no delivery and no send, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const options = readOptions(tiny)
    if (options === undefined) throw new TypeError('no options')
    let folder = ''
    {
      await using processes = new Processes()
      folder = processes.folder
      const { sends, fanOut } = await runBench(options, processes, () => undefined)
      const ratios = [...(sends?.ratios ?? []), ...(fanOut?.ratios ?? [])]

      expect(ratios.map(({ what, unit }) => `${what}: ${unit}`)).toEqual([
        ...sendLines,
        ...fanOutLines,
        ...ownSendingLines,
      ])
      for (const { measured, beside, ratio, lowest, highest } of ratios)
        for (const figure of [measured, beside, ratio, lowest, highest]) {
          expect(figure).toBeGreaterThan(0)
          expect(figure).toBeLessThan(Number.POSITIVE_INFINITY)
        }

      expect(sends?.logged).toBe(sends?.answered)
      expect(sends?.answered).toBeGreaterThan(0)
      expect(fanOut?.deliveries.map(({ server }) => server)).toEqual([
        'bare ws',
        'messenger.v1',
        'graphql-transport-ws',
        'graphql-sse',
      ])
      for (const { events, subscribers, deliveries, missing, tooMany } of fanOut?.deliveries ?? []) {
        expect(events).toBeGreaterThan(0)
        expect({ deliveries, missing, tooMany }).toEqual({ deliveries: events * subscribers, missing: 0, tooMany: 0 })
      }
      expect(tableOf(ratios).split('\n')).toHaveLength(ratios.length + 2)
    }
    expect(existsSync(folder)).toBe(false)
  })
})
