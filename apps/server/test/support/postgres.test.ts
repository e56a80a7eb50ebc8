import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import pg from 'pg'
import { expect, it } from 'vitest'
import { freshDatabase, PostgresServer } from './postgres.ts'

const module = new URL('../../../../tools/postgres/postgres-server.ts', import.meta.url).href

const query = async (url: string, statement: string): Promise<readonly unknown[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

it('each database is new and empty, and gone afterwards', async () => {
  await using first = await freshDatabase()
  const tables = "SELECT 1 FROM pg_tables WHERE schemaname = 'public'"
  const names = async () => (await query(first.url, 'SELECT datname FROM pg_database')).map(row => JSON.stringify(row))
  const second = await freshDatabase()
  const name = JSON.stringify({ datname: new URL(second.url).pathname.slice(1) })
  await query(first.url, 'CREATE TABLE a (b int)')
  expect(await query(first.url, tables)).toHaveLength(1)
  expect(await query(second.url, tables)).toHaveLength(0)
  expect(await names()).toContain(name)
  await second[Symbol.asyncDispose]()
  expect(await names()).not.toContain(name)
})

it('a private server starts again with its data after each way of stopping', async () => {
  await using server = await PostgresServer.start()
  await query(server.url(), 'CREATE TABLE kept (n int)')
  for (const [index, how] of (['fast', 'immediate', 'kill'] as const).entries()) {
    await query(server.url(), `INSERT INTO kept VALUES (${index})`)
    await server.stop(how)
    await expect(query(server.url(), 'SELECT 1')).rejects.toThrow()
    await server.start()
    expect(await query(server.url(), 'SELECT n FROM kept')).toHaveLength(index + 1)
  }
})

it('a private server that is stopped answers when it continues', async () => {
  await using server = await PostgresServer.start({ durable: false })
  await server.pause()
  let answered = false
  const answer = query(server.url(), 'SELECT 1').then(() => (answered = true))
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(answered).toBe(false)
  await server.resume()
  await answer
})

it('nothing is left of it when the process that started it is killed', async () => {
  const program = `
    const { PostgresServer } = await import(${JSON.stringify(module)})
    const server = await PostgresServer.start()
    console.log(JSON.stringify({ folder: server.folder, url: server.url() }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  const { folder, url } = JSON.parse(String(line))
  expect(await query(url, 'SELECT 1')).toHaveLength(1)
  child.kill('SIGKILL')
  await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false)
  await expect(query(url, 'SELECT 1')).rejects.toThrow()
})
