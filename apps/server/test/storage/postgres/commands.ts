import type { MessageStore } from '@cpc-messenger/messenger'
import { InProcessEventBus } from '../../../src/infrastructure/bus/in-process/event-bus.ts'
import { systemClock } from '../../../src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../src/infrastructure/ids/type-id-generator.ts'
import { sendMessage } from '../../../src/services/commands/messages.ts'
import { Committer } from '../../../src/services/commit/committer.ts'
import { changed, type UseCase } from '../../../src/services/commit/use-case.ts'
import { silentMeter } from '../../../src/services/telemetry/meter.ts'
import { silentLog, user } from '../../backend.ts'

export const committerOver = (store: MessageStore, deferred: { count: number } = { count: 0 }): Committer =>
  new Committer({
    store,
    bus: new InProcessEventBus(silentLog),
    clock: systemClock,
    ids: new TypeIdGenerator(systemClock),
    limits: { textLength: 100 },
    meter: { ...silentMeter, deferred: count => (deferred.count += count) },
    log: silentLog,
  })

export const group = {
  kind: 'GROUP',
  name: 'a room',
  topic: null,
  memberIds: [user('bob')],
  settings: {},
  idempotencyKey: null,
  key: null,
  metadata: null,
} as const

export const message = (text: string, clientMessageId: string | null = null) => ({
  content: { text, format: 'PLAIN' } as const,
  clientMessageId,
  replyToId: null,
  metadata: null,
})

/** A text that the database rejects. The parsers refuse it, so only a bug of the server could send it. */
export const sendPoison: UseCase<Parameters<typeof sendMessage.needs>[0], unknown> = {
  ...sendMessage,
  decide: (input, context) => {
    const { draft, result } = sendMessage.decide(input, context)
    const messages = (draft.messages ?? []).map(each => ({ ...each, clientMessageId: 'a\0b' }))
    return changed({ ...draft, messages, conversations: [], events: [] }, () => result)
  },
}
