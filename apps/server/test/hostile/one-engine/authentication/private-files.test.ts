import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ask } from '../../../e2e/server/graphql-request.ts'
import { messengerCommand } from '../../../e2e/server/messenger-command.ts'
import { RunningServer, tokenFor } from '../../../e2e/server/running-server.ts'

/** A user who runs the server has the most generous umask that there is. */
const generous = ['/bin/sh', '-c', 'umask 000; exec "$@"', 'sh']
const create = 'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }'

const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'private-'))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** The modes of a folder and all in it, by their names. */
const modesIn = async (folder: string): Promise<ReadonlyMap<string, number>> => {
  const names = ['.', ...(await readdir(folder, { recursive: true }))]
  const stats = await Promise.all(names.map(name => stat(join(folder, name))))
  return new Map(names.map((name, index) => [name, (stats[index]?.mode ?? 0) & 0o777]))
}

const openToOthers = (modes: ReadonlyMap<string, number>): readonly string[] =>
  [...modes].filter(([, mode]) => (mode & 0o077) !== 0).map(([name, mode]) => `${name} ${mode.toString(8)}`)

const startIn = (file: string) =>
  RunningServer.start({ under: generous, environment: { DATABASE_URL: `file:${file}`, AUTH_JWT_SECRET: secret } })
const secret = 'a-secret-of-the-tests-that-is-long-enough'

it('All that a server, a backup, a token and a restore make is for their owner only, with any umask', async () => {
  await using place = await makeFolder()
  const data = join(place.folder, 'made', 'data')
  const file = join(data, 'messenger.db')
  await using server = await startIn(file)
  await ask(server.url, await tokenFor('ann'), create)
  const serving = await modesIn(join(place.folder, 'made'))
  expect(openToOthers(serving)).toEqual([])
  for (const name of ['', '-wal', '-shm', '.lock']) expect([...serving.keys()]).toContain(`data/messenger.db${name}`)
  expect([...serving.keys()]).toContain('data/messenger.key.json')
  const backup = join(data, 'backup.db')
  expect(await messengerCommand(file, ['backup', backup], generous)).toMatchObject({ code: 0 })
  await server.kill()
  expect(openToOthers(await modesIn(data))).toEqual([])
  expect(await messengerCommand(file, ['restore', backup], generous)).toMatchObject({ code: 0 })
  expect(openToOthers(await modesIn(data))).toEqual([])
  const elsewhere = join(place.folder, 'other', 'messenger.db')
  await mkdir(join(place.folder, 'cwd'), { recursive: true })
  expect(await messengerCommand(elsewhere, ['token', '--user', 'ann'], generous)).toMatchObject({ code: 0 })
  expect(await messengerCommand(elsewhere, ['restore', backup], generous)).toMatchObject({ code: 0 })
  expect(openToOthers(await modesIn(join(place.folder, 'other')))).toEqual([])
})

it('Files that all users may read are restricted at the next start; access given to a group is kept', async () => {
  await using place = await makeFolder()
  const data = join(place.folder, 'data')
  const file = join(data, 'messenger.db')
  await using server = await startIn(file)
  await ask(server.url, await tokenFor('ann'), create)
  await server.kill()
  await chmod(data, 0o777)
  for (const name of await readdir(data)) await chmod(join(data, name), 0o666)
  await server.start()
  await server.kill()
  expect(server.output.match(/every user of this machine may write to the folder/g)).toHaveLength(1)
  const { '.': folder, ...files } = Object.fromEntries(await modesIn(data))
  expect(folder).toBe(0o777)
  expect(openToOthers(new Map(Object.entries(files)))).toEqual([])
  for (const name of ['messenger.db', 'messenger.db-wal', 'messenger.db-shm']) await chmod(join(data, name), 0o660)
  await server.start()
  expect((await stat(file)).mode & 0o777).toBe(0o660)
  expect(await server.stop()).toBe(0)
})
