import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConversationId } from '@cpc-messenger/messenger'
import { GraphQLServer } from '../../graphql/graphql-server.ts'
import { usersNamed, writeConversations, writeUsers } from '../../storage/bulk.ts'
import { conversationId, userId } from '../../storage/named-ids.ts'
import { Scribe } from '../../storage/scribe.ts'

const groupSize = 100_000
export const inboxSize = 20_000
const pairs = 2000

export interface LargeServer extends AsyncDisposable {
  readonly server: GraphQLServer
  /** Has 100,000 members, `ann` among them. */
  readonly group: ConversationId
  /** Has 3,000 messages; `ann` and 200 others are in it. */
  readonly room: ConversationId
  /** Of `ann`, who has 20,000 conversations. */
  readonly conversations: readonly ConversationId[]
}

const numbered = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

/** The largest that is promised to work, in a server that has just been started: nothing is in any cache of its own. */
export const openLargeServer = async (): Promise<LargeServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
  const filling = await GraphQLServer.open({ folder })
  const { store } = filling
  const ann = userId('ann')
  const others = numbered(0, groupSize - 1).map(number => userId(`m-${number}`))
  await writeUsers(store, [
    ...usersNamed([ann], () => 'Ann'),
    ...usersNamed(others, (_, index) => (index % 20_000 === 7 ? `Rare ${index}` : `Member ${index}`)),
  ])
  const [group, ...rest] = await writeConversations(store, [
    { number: 1, kind: 'CHANNEL', members: [ann, ...others], lastActivityAt: 1_700_000_000_000 },
    ...numbered(2, inboxSize - 2).map(number => ({
      number,
      kind: number % 2 === 0 ? ('GROUP' as const) : ('CHANNEL' as const),
      // Some 14 in a minute, in no order of their ids.
      lastActivityAt: 1_600_000_000_000 + ((number * 7919) % inboxSize) * 4321,
      members: [ann, ...others.slice(number, number + 1)],
    })),
    ...numbered(inboxSize, pairs).map(number => ({ number, members: others.slice(number, number + 2) })),
  ])
  const scribe = new Scribe(store)
  await scribe.takeUp(conversationId(2))
  const room = await scribe.create({ members: [ann, ...others.slice(0, 200)] })
  for (let sent = 0; sent < 3000; sent += 500) await scribe.sendMany(room, ann, 500)
  await filling.stop()
  const server = await GraphQLServer.open({ folder })
  return {
    server,
    group: group?.id ?? conversationId(1),
    room,
    conversations: [...rest.slice(0, inboxSize - 2).map(({ id }) => id), conversationId(1), room],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
