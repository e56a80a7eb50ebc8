import { setImmediate as turn } from 'node:timers/promises'
import type { LogEvent } from '@cpc-messenger/messenger'
import { expect, it } from 'vitest'
import { textFrame } from '../../src/infrastructure/sockets/text-frame.ts'
import { EncodedEvents } from '../../src/infrastructure/websocket/encoded-events.ts'
import { Backend } from '../backend.ts'

const aMessage = async () => {
  await using backend = await Backend.open()
  const room = await backend.create('alice')
  const message = await backend.send('alice', room, 'hello')
  const event: LogEvent = {
    type: 'MessageCreated',
    messageId: message.id,
    conversationId: room.id,
    sequence: message.sequence,
    occurredAt: message.createdAt,
    actorId: message.authorId,
    threadRootId: null,
  }
  return { kind: 'event', event, message } as const
}

it('all who are sent an event in one turn share its bytes, and later turns do not', async () => {
  const delivered = await aMessage()
  const encoded = new EncodedEvents()
  const first = encoded.frameOf(delivered)
  expect(encoded.frameOf(delivered)).toBe(first)
  await turn()
  expect(encoded.frameOf(delivered)).not.toBe(first)
  expect(encoded.frameOf(delivered)).toEqual(first)
})

it('a newer row of the same event is not hidden by the bytes of the older one', async () => {
  const delivered = await aMessage()
  const encoded = new EncodedEvents()
  encoded.frameOf(delivered)
  const deleted = encoded.frameOf({ ...delivered, message: { ...delivered.message, content: { kind: 'deleted' } } })
  expect(deleted.toString()).toContain('[Deleted]')
  expect(deleted.toString()).not.toContain('hello')
})

it.each([0, 1, 125, 126, 65_535, 65_536])('a text of %i bytes is framed with its length', length => {
  const frame = textFrame('x'.repeat(length))
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10
  expect(frame).toHaveLength(header + length)
  expect(frame[0]).toBe(0x81)
  const inHeader = header === 2 ? frame[1] : header === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2))
  expect(inHeader).toBe(length)
})
