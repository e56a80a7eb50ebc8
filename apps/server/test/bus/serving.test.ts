import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { RunningServer } from '../e2e/server/running-server.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { until } from '../support/until.ts'

const readiness = z.object({ status: z.string(), bus: z.string() })

const ready = async ({ url }: RunningServer) => readiness.parse(await (await fetch(`${url}/readyz`)).json())

const metric = async ({ url }: RunningServer, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

describe.skipIf(skipWithoutNats())('messenger serve with NATS_URL', () => {
  it('is ready while the bus is away, says so, and comes up by itself', async () => {
    await using nats = await NatsServer.create()
    await using server = await RunningServer.start({ environment: { NATS_URL: nats.url } })
    expect(await ready(server)).toEqual({ status: 'ready', bus: 'degraded' })
    expect(await metric(server, 'messenger_bus_up')).toBe(0)
    await nats.start()
    await until(async () => (await ready(server)).bus === 'up', 'the bus is up', 20_000)
    expect(await metric(server, 'messenger_bus_up')).toBe(1)
    await nats.pause()
    await until(async () => (await ready(server)).bus === 'degraded', 'the bus is degraded', 20_000)
    expect(await server.stop()).toBe(0)
  }, 60_000)
})
