import { asyncApiDocument } from '@cpc-messenger/protocol'
import { expect, it } from 'vitest'
import { SocketServer } from './socket-server.ts'

it('the server describes the protocol at /asyncapi.json', async () => {
  await using server = await SocketServer.start()
  const response = await fetch(`${server.url}/asyncapi.json`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual(asyncApiDocument({ version: '0.0.0' }))
  const head = await fetch(`${server.url}/asyncapi.json`, { method: 'HEAD' })
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1000)
  expect((await fetch(`${server.url}/asyncapi.json`, { method: 'POST' })).status).toBe(405)
})
