import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { RunningServer, tokenFor } from '../../../e2e/server/running-server.ts'
import { until } from '../../../support/until.ts'

const preload = new URL('./failing-on-signals.ts', import.meta.url).href
const start = (environment: Readonly<Record<string, string>> = {}) =>
  RunningServer.start({ environment: { NODE_OPTIONS: `--import ${preload}`, ...environment } })

const provokeRejection = (server: RunningServer) => process.kill(server.pid, 'SIGUSR2')
const provokeException = (server: RunningServer) => process.kill(server.pid, 'SIGHUP')

const unhandledIn = async (server: RunningServer): Promise<number> => {
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^messenger_unhandled_rejections_total (\d+)$/m.exec(metrics)?.[1])
}

const logged = (server: RunningServer, text: string): string[] =>
  server.output.split('\n').filter(line => line.includes(text))

const openSocket = async (server: RunningServer): Promise<WebSocket> => {
  const socket = new WebSocket(`${server.webSocketUrl}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  const payload = { authorization: `Bearer ${await tokenFor('alice')}` }
  socket.send(JSON.stringify({ type: 'connection_init', payload }))
  const [acknowledged] = await once(socket, 'message')
  expect(String(acknowledged)).toContain('connection_ack')
  return socket
}

it('An unhandled rejection is logged with its stack and counted, and the process serves on', async () => {
  await using server = await start()
  const socket = await openSocket(server)
  expect(await unhandledIn(server)).toBe(0)
  for (let count = 1; count <= 3; count += 1) {
    provokeRejection(server)
    await until(async () => (await unhandledIn(server)) === count, `${count} rejections are counted`)
  }
  await until(
    () => logged(server, 'a provoked rejection').length === 3,
    () => server.output,
  )
  const line = JSON.parse(logged(server, 'a provoked rejection')[0] ?? '')
  expect(line).toMatchObject({ level: 'error', msg: expect.stringContaining('not handled') })
  expect(line.err.stack).toContain('failing-on-signals.ts')
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  expect(socket.readyState).toBe(WebSocket.OPEN)
  socket.terminate()
  expect(await server.stop()).toBe(0)
})

it('An uncaught exception is logged with its stack, and the process drains and ends with a code that is restarted', async () => {
  await using server = await start()
  const socket = await openSocket(server)
  const closed = once(socket, 'close')
  provokeException(server)
  expect((await closed)[0]).toBe(1001)
  expect(await server.ended()).toBe(70)
  expect(logged(server, 'a provoked exception').map(line => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'error',
      err: expect.objectContaining({ stack: expect.stringContaining('failing-on-signals.ts') }),
    }),
  ])
  await server.start()
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})

it('After an uncaught exception the process ends in time, despite an open request and further errors', async () => {
  await using server = await start({ SHUTDOWN_SECONDS: '1' })
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
  const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{'
  await new Promise<void>(resolve => socket.write(head, () => resolve()))
  provokeException(server)
  await until(
    () => logged(server, 'a provoked exception').length === 1,
    () => server.output,
  )
  provokeException(server)
  provokeRejection(server)
  expect(await server.ended()).toBe(70)
  expect(logged(server, 'a provoked').length).toBe(3)
  socket.destroy()
})
