import type { EventRows, LogEvent, Message, MessageId } from '@cpc-messenger/messenger'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RecentMemory } from '../../../../src/delivery/log/recent-memory.ts'
import { type ReadStart, ringSize, Topic } from '../../../../src/delivery/log/topic.ts'
import { TypeIdGenerator } from '../../../../src/infrastructure/ids/type-id-generator.ts'
import { user } from '../../../backend.ts'

const ids = new TypeIdGenerator({ now: () => 0 })
const conversationId = ids.conversationId()
const messageIds = [0, 1, 2].map(() => ids.messageId())
const filler = ids.messageId()

const rowOf = (id: MessageId, sequence: number, changedSequence: number): Message => ({
  id,
  conversationId,
  sequence,
  changedSequence,
  authorId: user('alice'),
  content: { kind: 'text', text: `as of ${changedSequence}`, format: 'PLAIN', mentionIds: [], mentionsEveryone: false },
  metadata: null,
  createdAt: 0,
  updatedAt: null,
  deletedAt: null,
  deletedById: null,
  version: changedSequence,
  clientMessageId: null,
  sentFingerprint: null,
  replyToId: null,
  threadRootId: null,
  alsoInConversation: false,
  ordinal: 1,
})

/** A log and its rows, and which part of it a topic has received. */
class Model {
  readonly topic = new Topic(conversationId, new RecentMemory(2 ** 30))
  readonly #log: LogEvent[] = []
  readonly #changed = new Map<MessageId, number>()
  readonly #reads: { readonly start: ReadStart; row: Message }[] = []
  #announced = 0

  constructor() {
    for (const id of messageIds) this.commit('MessageCreated', id)
    this.receive()
  }

  commit(type: 'MessageCreated' | 'MessageUpdated' | 'MessageDeleted', messageId: MessageId): void {
    const sequence = this.#log.length + 1
    this.#log.push({ type, messageId, conversationId, sequence, occurredAt: 0, actorId: null, threadRootId: null })
    this.#changed.set(messageId, sequence)
  }

  /** So many that the oldest leave the ring. */
  fill(): void {
    for (let count = 0; count < 2 * ringSize; count += 1) this.commit('MessageCreated', filler)
    this.receive()
  }

  /** Everything that was committed and not announced. */
  receive(): void {
    const events = this.#log.slice(this.#announced)
    this.#announced = this.#log.length
    if (events.length > 0) this.topic.receive({ conversationId, events, rows: this.#rowsOf(events) }, 'here')
  }

  /** The announcements are lost: the topic receives only the head. */
  lose(): void {
    this.#announced = this.#log.length
    this.topic.advance(this.#log.length)
  }

  prependBacklog(): void {
    const events = this.#log.filter(({ sequence }) => sequence <= this.topic.bufferedAfter).slice(-20)
    this.topic.prependBacklog({ events, rows: this.#rowsOf(events), head: this.#log.length, member: true })
  }

  /** What is read is as new as what was announced by now, at least; here it is not newer. */
  beginRead(id: MessageId): void {
    this.#reads.push({ start: this.topic.beginRead(), row: this.#stored(id) })
  }

  /** The read that began first stores its row, or that which began last. */
  store(first: boolean): void {
    const read = first ? this.#reads.shift() : this.#reads.pop()
    if (read !== undefined) this.topic.keepMessage(read.row, read.start)
  }

  /** Of each message, the version that the topic knows, and the oldest that it may take for the newest. */
  get versions(): readonly { readonly known: number | undefined; readonly newest: number }[] {
    return messageIds.map(id => ({
      known: this.topic.message(id)?.changedSequence,
      newest:
        this.#log.findLast(event => 'messageId' in event && event.messageId === id && event.sequence <= this.#announced)
          ?.sequence ?? 0,
    }))
  }

  #stored(id: MessageId): Message {
    return rowOf(id, 1, this.#changed.get(id) ?? 0)
  }

  #rowsOf(events: readonly LogEvent[]): EventRows {
    const about = new Set(events.flatMap(event => ('messageId' in event ? [event.messageId] : [])))
    return { messages: [...about].map(id => this.#stored(id)), memberships: [], conversations: [] }
  }
}

const message = fc.nat(2).map(index => messageIds[index] ?? filler)
const step = fc.oneof(
  { weight: 3, arbitrary: message.map(id => (model: Model) => model.beginRead(id)) },
  { weight: 3, arbitrary: fc.boolean().map(first => (model: Model) => model.store(first)) },
  { weight: 2, arbitrary: message.map(id => (model: Model) => model.commit('MessageUpdated', id)) },
  { weight: 2, arbitrary: message.map(id => (model: Model) => model.commit('MessageDeleted', id)) },
  { weight: 3, arbitrary: fc.constant((model: Model) => model.receive()) },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.lose()) },
  { weight: 2, arbitrary: fc.constant((model: Model) => model.topic.evict()) },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.prependBacklog()) },
  { weight: 1, arbitrary: fc.constant((model: Model) => model.fill()) },
)

it.each([
  ['its memory', (model: Model) => model.topic.evict()],
  ['the oldest of it, by many later events', (model: Model) => model.fill()],
])(
  'a read that began before an eviction stores nothing: read, deletion received, %s evicted, late write',
  (_, evict) => {
    const [id = filler] = messageIds
    const model = new Model()
    model.beginRead(id)
    model.commit('MessageDeleted', id)
    model.receive()
    evict(model)
    model.store(true)
    expect(model.topic.message(id)).toBeUndefined()
  },
)

it('after any reads, announcements, losses, evictions and writes, no row in memory is older than received', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 3, maxLength: 40 }), steps => {
      const model = new Model()
      for (const run of steps) {
        run(model)
        for (const { known, newest } of model.versions)
          if (known !== undefined) expect(known).toBeGreaterThanOrEqual(newest)
      }
    }),
    { numRuns: 2000 },
  )
})
