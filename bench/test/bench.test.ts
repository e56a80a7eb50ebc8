import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { skipWithoutNats } from '../../apps/server/test/support/nats-server.ts'
import { runBench } from '../src/bench.ts'
import type { Figures } from '../src/figures.ts'
import { type PartName, partNames, readOptions } from '../src/options.ts'
import { Processes } from '../src/processes/processes.ts'
import { tableOf } from '../src/table.ts'

const tiny = [
  '--seconds',
  '0.05',
  '--rounds',
  '1',
  '--senders',
  '3',
  '--subscribers',
  '5',
  '--rooms',
  '2',
  '--messages',
  '10,200',
  '--lists',
  '5,20',
]

/** Runs one part and expects that it leaves no process and no file. */
const measured = async (part: PartName): Promise<Figures> => {
  const options = readOptions([...tiny, '--only', part])
  if (options === undefined) throw new TypeError('no options')
  let folder = ''
  try {
    await using processes = new Processes()
    folder = processes.folder
    return await runBench(options, processes, () => undefined)
  } finally {
    expect(existsSync(folder)).toBe(false)
  }
}

/** How many lines each part prints, and whose counts. */
const expected: Readonly<Record<PartName, { readonly lines: number; readonly counts: number }>> = {
  sends: { lines: 24, counts: 1 },
  postgres: { lines: 4, counts: 1 },
  nodes: { lines: 3, counts: 1 },
  fanout: { lines: 18, counts: 5 },
  peers: { lines: 6, counts: 4 },
  rooms: { lines: 8, counts: 5 },
  signals: { lines: 16, counts: 6 },
  page: { lines: 2, counts: 1 },
  flat: { lines: 4, counts: 0 },
  memory: { lines: 5, counts: 0 },
  accept: { lines: 6, counts: 0 },
  latency: { lines: 6, counts: 3 },
  slow: { lines: 3, counts: 4 },
  storm: { lines: 0, counts: 2 },
  replay: { lines: 8, counts: 5 },
}

/** Only counts are asserted, never times: the machine may be busy. */
describe.runIf(process.platform === 'linux')('the bench', () => {
  const compiled = mkdtempSync(join(tmpdir(), 'messenger-bench-compiled-'))

  // Dozens of processes start the same programs.
  beforeAll(() => vi.stubEnv('NODE_COMPILE_CACHE', compiled))

  afterAll(() => {
    vi.unstubAllEnvs()
    rmSync(compiled, { recursive: true })
  })

  it.each(partNames.filter(part => part !== 'nodes' || !skipWithoutNats()))(
    'measures every line of %s, without loss or duplicates',
    { timeout: 60_000 },
    async part => {
      const { ratios, counts } = await measured(part)

      expect({ lines: ratios.length, counts: counts.length }).toEqual(expected[part])
      expect(new Set(ratios.map(({ what, unit }) => `${what}: ${unit}`)).size).toBe(ratios.length)
      // The memory of five connections is within the noise of a process.
      for (const { measured, beside, ratio, lowest, highest } of ratios.filter(({ unit }) => unit !== 'KB'))
        for (const figure of [measured, beside, ratio, lowest, highest]) {
          expect(figure).toBeGreaterThan(0)
          expect(figure).toBeLessThan(Number.POSITIVE_INFINITY)
        }
      for (const { what, wanted, missing, tooMany } of counts) {
        expect(wanted, what).toBeGreaterThan(0)
        expect({ what, missing, tooMany }).toEqual({ what, missing: 0, tooMany: 0 })
      }
      expect(tableOf(ratios).split('\n')).toHaveLength(ratios.length + 2)
    },
  )
})
