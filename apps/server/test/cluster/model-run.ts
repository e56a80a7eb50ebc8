import { setTimeout as after } from 'node:timers/promises'
import { ask } from '../e2e/server/graphql-request.ts'
import { tokenFor } from '../e2e/server/running-server.ts'
import { seeded } from '../seeded.ts'
import type { Device } from './device.ts'
import { type Fault, type FaultKind, faultPlan } from './fault-plan.ts'
import { FaultyCluster } from './faulty-cluster.ts'
import { Follower } from './follower.ts'
import { InboxFollower } from './inbox-follower.ts'
import { Journal } from './journal.ts'
import { ConversationModel } from './model.ts'
import { People } from './people.ts'
import { CommandFault } from './persistent-command.ts'
import { caughtUp, type Devices, faultsOfFollower, faultsOfInbox, faultsOfLog, readLog } from './verify.ts'

const users = ['olga', 'bob', 'carol', 'dave', 'erin', 'frank']
const conversationCount = 3
const workers = 8
/** Between two commands of a worker. */
const pauseMs = 10
/** Between two cuts of followers' connections. */
const cutEveryMs = 500
/** How long after the last fault everyone must have everything. */
const caughtUpWithinMs = 15_000

interface ModelRunOptions {
  readonly seed: number
  readonly minutes: number
  readonly print: (line: string) => void
}

interface ModelRunReport {
  /** What does not hold; empty where all does. */
  readonly faults: readonly string[]
  readonly commands: Readonly<Record<string, number>>
  readonly repeated: number
  readonly events: number
  readonly followers: number
  readonly inboxes: number
  readonly connections: number
  readonly suffered: Readonly<Record<string, number>>
}

/** Random commands and followers on three nodes, while the nodes and what they live on break as the seed says. */
export const runModel = async ({ seed, minutes, print }: ModelRunOptions): Promise<ModelRunReport> => {
  const totalMs = minutes * 60_000
  await using cluster = await FaultyCluster.start()
  const random = seeded(seed + 1)
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
  const tokens = new Map(await Promise.all(users.map(async name => [name, await tokenFor(name)] as const)))
  const conversations = await createConversations(any(cluster.nodes).url, tokens)
  const journal = new Journal()
  const people = new People({ conversations, tokens, random, journal, anyNode: () => any(cluster.nodes).url })
  const options = [...tokens].flatMap(([userId, token]) =>
    (['graphql-transport-ws', 'messenger.v1'] as const).map(protocol => {
      return { userId, token, protocol, anyNode: () => any(cluster.nodes).webSocketUrl }
    }),
  )
  const inboxes = options.map(each => new InboxFollower(each))
  const followers = conversations.flatMap(({ id }) =>
    options.map(each => new Follower({ ...each, conversationId: id })),
  )
  const devices: readonly Device[] = [...followers, ...inboxes]
  try {
    const suffered = await actWhileFaults(cluster, people, devices, {
      plan: faultPlan(seed, totalMs),
      totalMs,
      any,
      print,
    })
    await people.gather(users)
    const faults = await verify(cluster, conversations, { followers, inboxes }, tokens)
    return {
      faults,
      commands: Object.fromEntries(people.counts),
      repeated: people.repeated,
      events: devices.reduce((sum, { count }) => sum + count, 0),
      followers: followers.length,
      inboxes: inboxes.length,
      connections: devices.reduce((sum, { connections }) => sum + connections, 0),
      suffered: Object.fromEntries(suffered),
    }
  } catch (error) {
    if (error instanceof CommandFault) for (const line of await historyOf(error, cluster, journal)) print(line)
    throw error
  } finally {
    await Promise.all(devices.map(device => device.stop()))
  }
}

/** What was done to what a command was about, and what the database has of it. */
const historyOf = async (
  { command: { actor, variables } }: CommandFault,
  { database }: FaultyCluster,
  journal: Journal,
): Promise<readonly string[]> => {
  const message = typeof variables.messageId === 'string' ? variables.messageId : ''
  const conversation = 'SELECT conversation_id FROM messages WHERE id = ?'
  const [row] = await database.rows(conversation, [message])
  const conversationId = String(variables.conversationId ?? row?.conversation_id)
  const user = typeof variables.userId === 'string' ? variables.userId : actor
  const memberships = await database.rows('SELECT * FROM memberships WHERE conversation_id = ? AND user_id = ?', [
    conversationId,
    user,
  ])
  const messages = await database.rows('SELECT * FROM messages WHERE id = ?', [message])
  const recorded = journal.about([`"${user}"`, ` ${user} `, message].filter(word => word !== ''))
  return [...recorded, ...[...memberships, ...messages].map(found => JSON.stringify(found))]
}

const createConversations = async (
  url: string,
  tokens: ReadonlyMap<string, string>,
): Promise<readonly ConversationModel[]> => {
  const [owner = '', ...others] = users
  // Everyone signs in once: only who is known can be a member.
  for (const token of tokens.values()) await ask(url, token, '{ viewer { user { id } } }')
  const conversations: ConversationModel[] = []
  for (let index = 0; index < conversationCount; index += 1) {
    const open = index === 0
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      url,
      tokens.get(owner),
      `mutation ($members: [ID!]!) { createConversation(input: { kind: ${open ? 'CHANNEL' : 'GROUP'}, name: "room", memberIds: $members }) { conversation { id } } }`,
      { members: others },
    )
    conversations.push(new ConversationModel(createConversation.conversation.id, owner, open, users))
  }
  return conversations
}

interface Acting {
  readonly plan: readonly Fault[]
  readonly totalMs: number
  readonly any: <Item>(items: readonly Item[]) => Item
  readonly print: (line: string) => void
}

/** Answers how often each fault was suffered. */
const actWhileFaults = async (
  cluster: FaultyCluster,
  people: People,
  devices: readonly Device[],
  { plan, totalMs, any, print }: Acting,
): Promise<ReadonlyMap<FaultKind, number>> => {
  const startedAt = performance.now()
  const suffered = new Map<FaultKind, number>()
  let over = false
  const timeLeft = () => !over && performance.now() - startedAt < totalMs
  const untilMs = (atMs: number) => after(Math.max(0, atMs - (performance.now() - startedAt)))
  const suffer = async (fault: Fault): Promise<void> => {
    await untilMs(fault.atMs)
    if (over) return
    print(`${(fault.atMs / 1000).toFixed(1)} s: ${fault.kind} (node ${fault.node + 1}, ${fault.lastsMs} ms)`)
    if (await cluster.suffer(fault)) suffered.set(fault.kind, (suffered.get(fault.kind) ?? 0) + 1)
  }
  const work = async (): Promise<void> => {
    while (timeLeft()) {
      await people.act()
      await after(pauseMs)
    }
  }
  const cut = async (): Promise<void> => {
    while (timeLeft()) {
      any(devices).cut()
      await after(cutEveryMs)
    }
  }
  const everything = [...plan.map(suffer), ...Array.from({ length: workers }, work), cut()]
  const settled = await Promise.allSettled(
    everything.map(one =>
      one.catch((error: unknown) => {
        over = true
        throw error
      }),
    ),
  )
  for (const each of settled) if (each.status === 'rejected') throw each.reason
  return suffered
}

const verify = async (
  cluster: FaultyCluster,
  conversations: readonly ConversationModel[],
  { followers, inboxes }: Devices,
  tokens: ReadonlyMap<string, string>,
): Promise<readonly string[]> => {
  const dead = cluster.nodes.filter(({ running }) => !running)
  if (dead.length > 0) return dead.map(({ url, output }) => `${url} has died by itself:\n${output.slice(-5000)}`)
  const url = cluster.member(0).node.url
  const logs = new Map(
    await Promise.all(
      conversations.map(async ({ id, owner }) => [id, await readLog(url, tokens.get(owner) ?? '', id)] as const),
    ),
  )
  const lengths = new Map([...logs].map(([id, log]) => [id, log.length]))
  await caughtUp({ followers, inboxes }, lengths, caughtUpWithinMs)
  const devices: readonly Device[] = [...followers, ...inboxes]
  await Promise.all(devices.map(device => device.stop()))
  const faults = inboxes.flatMap(({ name, violations }) => violations.map(violation => `${name}: ${violation}`))
  for (const conversation of conversations) {
    const log = logs.get(conversation.id) ?? []
    const own = followers.filter(({ followed }) => followed.conversationId === conversation.id)
    faults.push(
      ...faultsOfLog(conversation, log).map(fault => `${conversation.id}: ${fault}`),
      ...own.flatMap(follower => faultsOfFollower(follower, conversation, log)),
      ...inboxes.flatMap(inbox => faultsOfInbox(inbox, conversation, log)),
    )
  }
  const checked = await cluster.database.check().then(
    () => [],
    (error: unknown) => [String(error)],
  )
  return [...faults, ...checked]
}
