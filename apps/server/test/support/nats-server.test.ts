import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { NatsServer, skipWithoutNats } from './nats-server.ts'

const greeting = async ({ host, port }: NatsServer): Promise<string> => {
  const socket = connect(port, host)
  try {
    const [data] = await once(socket, 'data')
    return String(data)
  } finally {
    socket.destroy()
  }
}

describe.skipIf(skipWithoutNats())("the tests' nats-server", () => {
  it('keeps its port when it is started again, and takes its configuration', async () => {
    await using server = await NatsServer.start({ configuration: 'max_payload: 4096' })
    expect(await greeting(server)).toMatch(/^INFO .*"max_payload":4096/)
    await server.stop()
    await expect(greeting(server)).rejects.toThrow('ECONNREFUSED')
    await server.start()
    expect(await greeting(server)).toMatch(/^INFO /)
    await server.pause()
    await server.kill()
    await expect(greeting(server)).rejects.toThrow('ECONNREFUSED')
  })

  it('says why it did not start', async () => {
    await using server = await NatsServer.create({ configuration: 'nonsense {' })
    await expect(server.start()).rejects.toThrow('Parse error')
  })
})
