import { setTimeout as delay } from 'node:timers/promises'
import { unavailable } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { MarkerWriter } from '../../../src/services/markers/marker-writer.ts'
import { silentLog } from '../../backend.ts'
import { until } from '../../support/until.ts'

describe('the writer of markers', () => {
  it('writes again and again, logs an outage once, and goes on after it', async () => {
    const warnings: string[] = []
    const state = { isOut: true, flushes: 0 }
    const flush = async (): Promise<void> => {
      state.flushes += 1
      if (state.isOut) throw unavailable('The database is away.')
    }
    await using writer = new MarkerWriter(flush, { ...silentLog, warn: (_, message) => void warnings.push(message) }, 5)
    await until(() => state.flushes > 3, 'some attempts')
    expect(warnings).toHaveLength(1)
    state.isOut = false
    await writer.write()
    state.isOut = true
    await writer.write()
    expect(warnings).toHaveLength(2)
  })

  it('writes what has moved when it is disposed of, also what moved while it was writing', async () => {
    const written: number[] = []
    let moved = 1
    const flush = async (): Promise<void> => {
      const now = moved
      await delay(10)
      written.push(now)
    }
    const writer = new MarkerWriter(flush, silentLog, 60_000)
    const writing = writer.write()
    moved = 2
    await writer[Symbol.asyncDispose]()
    await writing
    expect(written).toEqual([1, 2])
  })
})
