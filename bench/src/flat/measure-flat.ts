import type { Figures } from '../figures.ts'
import { type Group, interleave, type Measure } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { makeRoom } from '../rooms/make-room.ts'
import { postGraphQL } from '../rooms/post-graphql.ts'
import { tokenFor } from '../rooms/tokens.ts'
import { startLoad } from '../served/serve.ts'
import { authors, fillHistories, fillLists, type History, listMessages } from './history.ts'
import { plansOf } from './plans.ts'

const send = `mutation ($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "One more." } } }) { message { id } } }`
const page = `query ($id: ID!) { conversation(id: $id) { messages(last: 50) { edges { node { id sequence author { id } content { text } } } } } }`
const unread = `query ($id: ID!) { conversation(id: $id) { unreadCount unreadMentionCount firstUnreadMessage { id } viewerMembership { readSequence } } }`
const list = `query { conversations(first: 100, filter: { archived: false }) { edges { node {
  id name lastActivityAt unreadCount unreadMentionCount viewerSettings { notifications pinnedAt } } } } }`
const badge = '{ viewer { unreadConversationCount } }'

const sizeOf = (count: number): string => count.toLocaleString('en-US')

interface Made {
  readonly server: MessengerServer
  readonly histories: readonly History[]
}

/** The rooms are made over the public protocol, and then filled in SQL. */
const made = async ({ processes, cpus, profileFolder, messages, lists }: Plan): Promise<Made> => {
  const options = { cpu: cpus.measured, profileFolder: undefined }
  const first = await MessengerServer.start(processes, options)
  const endpoint = { port: first.port, token: await tokenFor(first.jwtSecret, authors[0]) }
  const histories: History[] = []
  for (const count of messages)
    histories.push({ conversationId: await makeRoom(endpoint, [...authors.slice(1), 'reader']), messages: count })
  const template = await makeRoom(endpoint, ['reader'])
  await first.stop()
  fillHistories(first.file, [...histories, { conversationId: template, messages: listMessages }])
  fillLists(
    first.file,
    template,
    lists.map(conversations => ({ userId: `has-${conversations}`, conversations })),
  )
  return { server: await MessengerServer.start(processes, { ...options, profileFolder }, first), histories }
}

/** Whether everything that was made is counted. */
const requireCounts = async ({ server, histories }: Made, lists: readonly number[]): Promise<void> => {
  const { port, jwtSecret } = server
  for (const { conversationId: id, messages } of histories) {
    const endpoint = { port, token: await tokenFor(jwtSecret, 'reader') }
    const { conversation } = await postGraphQL<{ conversation: { unreadCount: number } }>(endpoint, unread, { id })
    if (conversation.unreadCount !== messages) throw new Error(`${conversation.unreadCount} of ${messages} are unread`)
  }
  for (const count of lists) {
    const endpoint = { port, token: await tokenFor(jwtSecret, `has-${count}`) }
    const { viewer } = await postGraphQL<{ viewer: { unreadConversationCount: number } }>(endpoint, badge, {})
    if (viewer.unreadConversationCount !== count)
      throw new Error(`${viewer.unreadConversationCount} of ${count} conversations are unread`)
  }
}

/** The same operations in small and large conversations, and for users with few and many conversations. */
export const measureFlat = async (plan: Plan): Promise<Figures> => {
  const { seconds, rounds, tell, messages, lists } = plan
  const load = startLoad(plan)
  tell(`making ${messages.map(sizeOf).join(', ')} messages`)
  const { server, histories } = await made(plan)
  await requireCounts({ server, histories }, lists)
  const asking =
    (users: readonly string[], query: string, variables: Readonly<Record<string, unknown>> = {}): Measure =>
    async () => {
      const tokens = await Promise.all(users.map(user => tokenFor(server.jwtSecret, user)))
      const before = cpuSeconds(server.pid)
      const answered = await load.call('request', { port: server.port, tokens, query, variables, seconds })
      const cpu = Math.max(cpuSeconds(server.pid) - before, secondsPerTick)
      return [(cpu / answered.sends) * 1e6]
    }
  const inHistories = (what: string, users: readonly string[], query: string): Group => {
    const [smallest, ...others] = histories.map(({ conversationId: id, messages: count }) => ({
      what: `${what}, ${sizeOf(count)} messages`,
      measure: asking(users, query, { id }),
    }))
    if (smallest === undefined) throw new RangeError('no sizes')
    return {
      units: ['µs CPU'],
      besides: `${sizeOf(messages[0] ?? 0)} messages`,
      beside: smallest.measure,
      lines: others,
    }
  }
  const [few, ...many] = lists
  const ofLists: Group = {
    units: ['µs CPU'],
    besides: `${sizeOf(few ?? 0)} conversations`,
    beside: asking([`has-${few}`], list),
    lines: many.map(count => ({
      what: `list of 100, user with ${sizeOf(count)}`,
      measure: asking([`has-${count}`], list),
    })),
  }
  const groups = [
    inHistories('send', authors, send),
    inHistories('page of 50 messages', ['reader'], page),
    inHistories('unread counts', ['reader'], unread),
    ofLists,
  ]
  const ratios = await interleave(groups, rounds, tell)
  const notes = plansOf(server.file)
  await Promise.all([load.stop(), server.stop()])
  return { ratios, counts: [], notes }
}
