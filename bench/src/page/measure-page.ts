import { isDeepStrictEqual } from 'node:util'
import { countOf, type Figures } from '../figures.ts'
import { interleave, type Measure } from '../interleave.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { postGraphQL } from '../rooms/post-graphql.ts'
import { oneRoom } from '../served/layout.ts'
import { makeOwnRooms, type OwnRoom, onlyRoom, seatsOf } from '../served/own-rooms.ts'
import { startLoad } from '../served/serve.ts'
import { fillPage } from './make-page.ts'
import { authors, type Page, pageQuery, pageSize } from './page-of-messages.ts'
import type { PageCalls } from './page-peer.ts'

/** How many messages of the page are the same from both servers. */
const alike = async ({ port, token, conversationId }: OwnRoom, barePort: number): Promise<number> => {
  const ask = (at: number) => postGraphQL<Page['data']>({ port: at, token }, pageQuery, { id: conversationId })
  const [ours, bare] = [await ask(port), await ask(barePort)]
  const { edges } = bare.conversation.messages
  return ours.conversation.messages.edges.filter((edge, index) => isDeepStrictEqual(edge, edges[index])).length
}

/** A page of messages with authors and reactions over HTTP, compared with a server that does nothing else. */
export const measurePage = async (plan: Plan): Promise<Figures> => {
  const { processes, cpus, profileFolder, seconds, rounds, tell } = plan
  const load = startLoad(plan)
  const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder })
  const rooms = await makeOwnRooms(server, oneRoom(authors))
  const room = onlyRoom(rooms)
  await fillPage(room)
  const { conversationId } = room
  const bare = new PeerProcess<PageCalls>(processes, new URL('./page-peer.ts', import.meta.url), cpus.measured)
  const barePort = await bare.call('listen', { file: server.file, conversationId })
  const tokens = seatsOf(rooms).map(({ token }) => token)

  const requests =
    (pid: number, port: number): Measure =>
    async () => {
      const before = cpuSeconds(pid)
      const run = { port, tokens, query: pageQuery, variables: { id: conversationId }, seconds }
      const answered = await load.call('request', run)
      const cpu = Math.max(cpuSeconds(pid) - before, secondsPerTick)
      return [(cpu / answered.sends) * 1e6, answered.sends / answered.seconds]
    }
  const group = {
    units: ['µs CPU', 'requests/s'],
    besides: 'node:http and SQLite',
    beside: requests(bare.pid, barePort),
    lines: [{ what: `page of ${pageSize} messages, POST /graphql`, measure: requests(server.pid, server.port) }],
  } as const
  const ratios = await interleave([group], rounds, tell)
  const counts = [countOf('messages of the page, alike from both', pageSize, await alike(room, barePort))]
  await Promise.all([load.stop(), bare.stop(), server.stop()])
  return { ratios, counts }
}
