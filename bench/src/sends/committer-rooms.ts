import { type Conversation, type MessageStore, parseUserId, type UserId } from '@cpc-messenger/messenger'
import { InProcessEventBus } from '../../../apps/server/src/infrastructure/bus/in-process/event-bus.ts'
import { systemClock } from '../../../apps/server/src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../apps/server/src/infrastructure/ids/type-id-generator.ts'
import { openSqliteStore } from '../../../apps/server/src/infrastructure/storage/sqlite/message-store.ts'
import { createConversation } from '../../../apps/server/src/services/commands/conversations.ts'
import { Committer } from '../../../apps/server/src/services/commit/committer.ts'
import { actorOf } from '../../../apps/server/src/services/identity/actor.ts'
import type { Logger } from '../../../apps/server/src/services/telemetry/logger.ts'
import { silentMeter } from '../../../apps/server/src/services/telemetry/meter.ts'

const ignore = (): void => undefined
const silentLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

export interface CommitterRooms extends AsyncDisposable {
  readonly committer: Committer
  readonly senders: readonly UserId[]
  /** All senders are in it. */
  readonly shared: Conversation
  /** One for each sender. */
  readonly own: readonly Conversation[]
}

const senderId = (index: number): UserId => {
  const id = parseUserId(`sender-${index}`)
  if (id === undefined) throw new TypeError(`sender-${index} is not a user id`)
  return id
}

/** The committer over a new store, without any transport, and rooms to send to. */
export const openCommitterRooms = async (file: string, count: number): Promise<CommitterRooms> =>
  committerRooms(await openSqliteStore({ file }), count)

export const committerRooms = async (store: MessageStore, count: number): Promise<CommitterRooms> => {
  const committer = new Committer({
    store,
    bus: new InProcessEventBus(silentLog),
    clock: systemClock,
    ids: new TypeIdGenerator(systemClock),
    limits: { textLength: 10_000 },
    meter: silentMeter,
    log: silentLog,
  })
  const senders = Array.from({ length: count }, (_, index) => senderId(index))
  const [owner = senderId(0)] = senders
  const create = (userId: UserId, memberIds: readonly UserId[]): Promise<Conversation> =>
    committer.run(
      createConversation,
      {
        kind: 'GROUP',
        name: 'a room',
        topic: null,
        memberIds,
        settings: {},
        idempotencyKey: null,
        key: null,
        metadata: null,
      },
      actorOf(userId),
    )
  return {
    committer,
    senders,
    shared: await create(owner, senders.slice(1)),
    own: await Promise.all(senders.map(userId => create(userId, []))),
    async [Symbol.asyncDispose]() {
      await committer.settled()
      await store[Symbol.asyncDispose]()
    },
  }
}
