import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { ask } from '../e2e/server/graphql-request.ts'
import { type RunningServer, tokenFor } from '../e2e/server/running-server.ts'
import { Deployment } from '../support/deployment.ts'
import { until } from '../support/until.ts'

interface Frame {
  readonly type: string
  readonly userId?: string
  readonly status?: string
}

/** A connection of `messenger.v1` to one node, with everything that it has received. */
class Device implements Disposable {
  readonly frames: Frame[] = []
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => this.frames.push(JSON.parse(String(data))))
  }

  static async connect(node: RunningServer, token: string): Promise<Device> {
    const socket = new WebSocket(`${node.url.replace('http', 'ws')}/ws`, 'messenger.v1', {
      headers: { authorization: `Bearer ${token}` },
    })
    const device = new Device(socket)
    await until(() => device.has('Connected'), 'the connection')
    return device
  }

  has(type: string, userId?: string): boolean {
    return this.frames.some(frame => frame.type === type && (userId === undefined || frame.userId === userId))
  }

  async send(frame: object): Promise<void> {
    const id = `frame ${this.frames.length} ${Math.random()}`
    this.#socket.send(JSON.stringify({ id, ...frame }))
    await until(
      () => this.frames.some(answer => answer.type === 'Ok' && 'id' in answer && answer.id === id),
      () => `an answer; what came: ${JSON.stringify(this.frames)}`,
    )
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }
}

const create = `mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob"] }) { conversation { id } } }`
const say = `mutation ($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "done" } } }) { message { sequence } } }`
const remove = `mutation ($id: ID!) { removeMember(input: { conversationId: $id, userId: "bob" }) { membershipId } }`

it('signals reach subscribers on every node, and end on every node', async () => {
  await using server = await Deployment.start()
  const tokens = await Promise.all([tokenFor('alice'), tokenFor('bob')])
  const [alice, bob] = tokens
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    server.url,
    alice,
    create,
  )
  const conversationId = createConversation.conversation.id
  const watchers = await Promise.all(server.nodes.map(node => Device.connect(node, alice)))
  const typists = await Promise.all(server.nodes.map(node => Device.connect(node, bob)))
  using devices = new DisposableStack()
  for (const device of [...watchers, ...typists]) devices.use(device)
  const [first, second] = typists
  if (first === undefined || second === undefined) throw new TypeError('there are no nodes')
  for (const device of [...watchers, second]) await device.send({ type: 'SubscribeSignals', conversationId })
  for (const device of watchers) await device.send({ type: 'SubscribeViewerSignals' })
  await until(() => watchers.every(device => device.has('PresenceChanged', 'bob')), 'presence')

  await first.send({ type: 'SetTyping', conversationId, typing: true })
  await until(() => watchers.every(device => device.has('TypingStarted', 'bob')), 'typing', 2000)
  // The message is sent through another node than the one on which bob typed.
  const { sendMessage } = await ask<{ sendMessage: { message: { sequence: number } } }>(server.url, bob, say, {
    id: conversationId,
  })
  await until(() => watchers.every(device => device.has('TypingStopped', 'bob')), 'the end of typing', 4000)

  const { sequence } = sendMessage.message
  const [reading] = watchers
  await reading?.send({ type: 'MarkRead', conversationId, sequence })
  await until(
    () => watchers.every(device => device.has('ViewerConversationChanged')),
    'the viewer on all devices',
    2000,
  )

  await ask(server.url, alice, remove, { id: conversationId })
  await until(() => second.has('Unsubscribed'), 'the end', 4000)
  const before = second.frames.length
  await reading?.send({ type: 'SetTyping', conversationId, typing: true })
  await until(() => watchers.every(device => device.has('TypingStarted', 'alice')), 'typing', 2000)
  expect(second.frames.slice(before)).toEqual([])
})
