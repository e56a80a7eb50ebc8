import type {
  ConversationReader,
  InboxReader,
  LogReader,
  MemberReader,
  Message,
  MessageId,
  MessageReader,
  ReactionReader,
  StoreReader,
  UserReader,
} from '@cpc-messenger/messenger'
import type { ReadAllowance } from './read-allowance.ts'

/** Messages that are read by their ids at one time. */
const maxMessagesAtOnce = 100

const itself = (messages: readonly Message[]): readonly Message[] => messages

/** Runs `guard` before each read. */
const guarded = <Topic extends object>(topic: Topic, guard: () => Promise<unknown>): Topic =>
  new Proxy(topic, {
    get(target, name) {
      const read: unknown = Reflect.get(target, name)
      if (typeof read !== 'function') return read
      return async (...request: unknown[]): Promise<unknown> => {
        await guard()
        return read.apply(target, request)
      }
    },
  })

/**
 * What one operation reads, from its snapshot: messages count towards its allowance. A guard decides, by the same snapshot,
 * whether anything but users may be read: if it rejects, all those reads do.
 */
export class OperationReader implements StoreReader {
  readonly users: UserReader
  readonly conversations: ConversationReader
  readonly messages: MessageReader
  readonly reactions: ReactionReader
  readonly members: MemberReader
  readonly log: LogReader
  readonly inbox: InboxReader

  constructor(snapshot: StoreReader, allowance: ReadAllowance, guard?: (snapshot: StoreReader) => Promise<unknown>) {
    let admitted: Promise<unknown> | undefined
    const admit = guard && ((): Promise<unknown> => (admitted ??= guard(snapshot)))
    const checked = <Topic extends object>(topic: Topic): Topic => (admit === undefined ? topic : guarded(topic, admit))
    const { messages, log } = snapshot
    this.users = snapshot.users
    this.conversations = checked(snapshot.conversations)
    this.messages = checked({
      ...messages,
      byIds: ids => readInPieces(ids, piece => allowance.read(() => messages.byIds(piece), itself)),
      timeline: request => allowance.read(() => messages.timeline(request), itself),
      lastOf: ids => allowance.read(() => messages.lastOf(ids), itself),
    })
    this.reactions = checked(snapshot.reactions)
    this.members = checked(snapshot.members)
    this.log = checked({
      ...log,
      page: request =>
        allowance.read(
          () => log.page(request),
          ({ rows }) => rows.messages,
        ),
    })
    this.inbox = checked(snapshot.inbox)
  }
}

const readInPieces = async (
  ids: readonly MessageId[],
  read: (ids: readonly MessageId[]) => Promise<readonly Message[]>,
): Promise<readonly Message[]> => {
  const messages: Message[] = []
  for (let start = 0; start < ids.length; start += maxMessagesAtOnce)
    messages.push(...(await read(ids.slice(start, start + maxMessagesAtOnce))))
  return messages
}
