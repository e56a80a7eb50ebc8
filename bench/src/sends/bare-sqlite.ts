import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { type Conversation, type LogEvent, type Message, newMessage, type UserId } from '@cpc-messenger/messenger'
import { systemClock } from '../../../apps/server/src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../apps/server/src/infrastructure/ids/type-id-generator.ts'
import { jsonSet, jsonTuples } from '../../../apps/server/src/infrastructure/storage/statements/json-set.ts'
import { ownCpuSeconds } from '../processes/own-cpu-time.ts'
import { messageText } from '../rooms/message-text.ts'
import { bareStatements } from './bare-statements.ts'
import type { Measured, SendRun } from './send-load.ts'

export interface BareRun extends SendRun {
  /** Whether each transaction loads what the store's does, or only writes. */
  readonly loading: boolean
}

export interface BareRooms {
  readonly senders: readonly UserId[]
  readonly shared: Conversation
  readonly own: readonly Conversation[]
}

type Values = readonly SQLInputValue[]

/** The values of all statements of one transaction. */
interface Batch {
  readonly loads: readonly { readonly statement: StatementSync; readonly set: string }[]
  readonly writes: readonly { readonly statement: StatementSync; readonly values: Values }[]
}

/** As the store sets them for its writer. */
const pragmas = [
  'journal_mode = wal',
  'synchronous = full',
  'wal_autocheckpoint = 4000',
  'foreign_keys = off',
  'temp_store = memory',
  'mmap_size = 268435456',
  'cache_size = -64000',
  'journal_size_limit = 67108864',
]

/** SQLite with prepared statements and nothing around it: no rules, no parsing of rows and no client. */
export class BareSqlite {
  readonly #database: DatabaseSync
  readonly #rooms: BareRooms
  readonly #statements = bareStatements()
  readonly #prepared
  readonly #ids = new TypeIdGenerator(systemClock)
  readonly #heads = new Map<Conversation, number>()
  #sent = 0

  constructor(file: string, rooms: BareRooms) {
    this.#database = new DatabaseSync(file)
    for (const pragma of pragmas) this.#database.exec(`pragma ${pragma}`)
    this.#rooms = rooms
    const prepare = (sql: string): StatementSync => this.#database.prepare(sql)
    const { loads, nextCommit, conversations, messages, events } = this.#statements
    this.#prepared = {
      loads: {
        sent: prepare(loads.sent),
        conversations: prepare(loads.conversations),
        memberships: prepare(loads.memberships),
      },
      nextCommit: prepare(nextCommit.sql),
      conversations: prepare(conversations.sql),
      messages: prepare(messages.sql),
      events: prepare(events.sql),
    }
  }

  /** One transaction for each sender's next message; only its time counts, not the making of its values. */
  run({ senders, conversations, seconds, loading }: BareRun): Measured {
    const began = performance.now()
    let measuredMs = 0
    let cpuSeconds = 0
    let sends = 0
    while (measuredMs < seconds * 1000 && performance.now() - began < seconds * 4000) {
      const batch = this.#prepare(senders, conversations, loading)
      const [start, cpuBefore] = [performance.now(), ownCpuSeconds()]
      this.#execute(batch)
      cpuSeconds += ownCpuSeconds() - cpuBefore
      measuredMs += performance.now() - start
      sends += senders
    }
    return { sends, seconds: measuredMs / 1000, cpuSeconds }
  }

  #execute({ loads, writes }: Batch): void {
    this.#database.exec('begin immediate')
    for (const { statement, set } of loads) statement.all(set)
    this.#prepared.nextCommit.all()
    for (const { statement, values } of writes) statement.run(...values)
    this.#database.exec('commit')
  }

  #prepare(count: number, conversations: SendRun['conversations'], loading: boolean): Batch {
    const sends = Array.from({ length: count }, (_, index) => this.#message(index, conversations))
    const rooms = new Set(sends.map(({ room }) => room))
    const prepared = this.#prepared
    const { conversations: ofRooms, messages, events } = this.#statements
    const at = Date.now()
    const rows = [...rooms].map(room => ({
      ...room,
      lastSequence: this.#heads.get(room) ?? 0,
      lastActivityAt: at,
      lastCommit: at,
    }))
    return {
      loads: loading ? this.#loads(sends) : [],
      writes: [
        ...ofRooms.runs(rows).map(values => ({ statement: prepared.conversations, values })),
        ...messages.runs(sends.map(({ message }) => message)).map(values => ({ statement: prepared.messages, values })),
        ...events
          .runs(sends.map(({ event }) => ({ ...event, commitId: at })))
          .map(values => ({ statement: prepared.events, values })),
      ],
    }
  }

  #loads(sends: readonly { readonly message: Message }[]): Batch['loads'] {
    const { sent, conversations, memberships } = this.#prepared.loads
    const messages = sends.map(({ message }) => message)
    const ofAuthor = (message: Message) => [message.conversationId, message.authorId ?? '']
    return [
      { statement: sent, set: jsonTuples(messages.map(each => [...ofAuthor(each), each.clientMessageId ?? ''])) },
      { statement: conversations, set: jsonSet(messages.map(each => each.conversationId)) },
      { statement: memberships, set: jsonTuples(messages.map(ofAuthor)) },
    ]
  }

  #message(index: number, conversations: SendRun['conversations']) {
    const room = conversations === 'one' ? this.#rooms.shared : this.#rooms.own[index]
    const authorId = this.#rooms.senders[index]
    if (room === undefined || authorId === undefined) throw new RangeError(`there is no sender ${index}`)
    const sequence = (this.#heads.get(room) ?? room.lastSequence) + 1
    this.#heads.set(room, sequence)
    this.#sent += 1
    const at = Date.now()
    const message: Message = {
      ...newMessage({
        id: this.#ids.messageId(),
        conversationId: room.id,
        authorId,
        content: { kind: 'text', text: messageText, format: 'PLAIN', mentionIds: [], mentionsEveryone: false },
        createdAt: at,
        clientMessageId: `client-${this.#sent}`,
        sentFingerprint: 1,
      }),
      sequence,
      changedSequence: sequence,
    }
    const event: LogEvent = {
      type: 'MessageCreated',
      messageId: message.id,
      conversationId: room.id,
      sequence,
      occurredAt: at,
      actorId: authorId,
      threadRootId: null,
    }
    return { room, message, event }
  }
}
