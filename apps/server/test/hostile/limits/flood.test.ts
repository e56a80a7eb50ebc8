import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { RunningServer, tokenFor } from '../../e2e/server/running-server.ts'
import { dropDatabase, freshDatabase } from '../../support/postgres.ts'
import { graphql } from '../clients/graphql.ts'

const windowMs = 1000
const windows = 10
/** In the first the flooder still has whole bursts to spend; and the machine may be busy with other things. */
const attempts = 4
const others = Array.from({ length: 8 }, (_, index) => `user${index}`)
/** Of each of the others, far below their own rate. */
const pauseMs = 80

const create = 'mutation { createConversation(input: { kind: GROUP }) { conversation { id } } }'
const send = `mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "hello" } } }) { message { sequence } } }`
const last = 'query($id: ID!) { conversation(id: $id) { lastSequence } }'

const percentile99 = (times: readonly number[]): number =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? Number.NaN

/** The real program, with its limits as they are. */
const startServer = async (resources: AsyncDisposableStack): Promise<RunningServer> => {
  if (process.env.ENGINE !== 'postgres') return resources.use(await RunningServer.start({ rateLimits: 'default' }))
  const { url } = await freshDatabase()
  resources.defer(() => dropDatabase(url))
  return resources.use(await RunningServer.start({ rateLimits: 'default', environment: { DATABASE_URL: url } }))
}

const startFlooder = async (resources: AsyncDisposableStack, args: readonly string[]): Promise<ChildProcess> => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../clients/flooder.ts', import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  resources.defer(() => void child.kill('SIGKILL'))
  if (child.stdout !== null) await once(child.stdout, 'data')
  return child
}

it('while one user floods every transport for 10 s, sends of others keep their p99 within twice of what it is without, and the node stays ready', async () => {
  await using resources = new AsyncDisposableStack()
  const server = await startServer(resources)
  const rooms = new Map<string, { readonly token: string; readonly id: string }>()
  for (const name of [...others, 'mallory']) {
    const token = await tokenFor(name)
    const { createConversation } = await graphql<{ createConversation: { conversation: { id: string } } }>(
      server.url,
      token,
      create,
    )
    rooms.set(name, { token, id: createConversation.conversation.id })
  }
  const mallory = rooms.get('mallory')
  const flooder = await startFlooder(resources, [server.url, mallory?.token ?? '', mallory?.id ?? ''])

  const notReady: number[] = []
  const measure = async (until: number): Promise<readonly number[]> => {
    const times: number[] = []
    const sending = async (name: string, index: number): Promise<void> => {
      const { token, id } = rooms.get(name) ?? { token: '', id: '' }
      await delay((index * pauseMs) / others.length)
      while (performance.now() < until) {
        const begun = performance.now()
        await graphql(server.url, token, send, { id })
        times.push(performance.now() - begun)
        await delay(pauseMs)
      }
    }
    const asking = async (): Promise<void> => {
      while (performance.now() < until) {
        const { status } = await fetch(`${server.url}/readyz`)
        if (status !== 200) notReady.push(status)
        await delay(100)
      }
    }
    await Promise.all([...others.map(sending), asking()])
    return times
  }

  await measure(performance.now() + windowMs)
  let ratio = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < attempts && ratio > 2; attempt += 1) {
    const [calm, flooded]: [number[], number[]] = [[], []]
    for (let window = 0; window < windows; window += 1) {
      flooder.stdin?.write('rest\n')
      // What was on its way is answered.
      await delay(100)
      calm.push(...(await measure(performance.now() + windowMs)))
      flooder.stdin?.write('flood\n')
      flooded.push(...(await measure(performance.now() + windowMs)))
    }
    ratio = percentile99(flooded) / percentile99(calm)
    process.stdout.write(`p99 ${percentile99(calm).toFixed(1)} ms, flooded ${percentile99(flooded).toFixed(1)} ms\n`)
  }
  expect(ratio).toBeLessThanOrEqual(2)
  expect(notReady).toEqual([])

  flooder.stdin?.write('rest\n')
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  const refusals = [...metrics.matchAll(/^messenger_limit_refusals_total\{limit="(\w+)"\} (\d+)$/gm)]
  expect(refusals.map(([, limit]) => limit)).toEqual(expect.arrayContaining(['sends', 'connections']))
  const { conversation } = await graphql<{ conversation: { lastSequence: number } }>(
    server.url,
    mallory?.token ?? '',
    last,
    { id: mallory?.id },
  ).catch(() => ({ conversation: { lastSequence: 0 } }))
  // 200 at once and 20 a second.
  expect(conversation.lastSequence).toBeLessThan(202 + 20 * (attempts * 2 * windows + 10))
}, 180_000)
