import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { type CommitMark, type ConversationId, type MessageStore, newUser, Refusal } from '@cpc-messenger/messenger'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { copyFirst } from '../../src/infrastructure/storage/moving/first-copy.ts'
import { LogFollower } from '../../src/infrastructure/storage/moving/log-follower.ts'
import { moveToPostgres } from '../../src/infrastructure/storage/moving/move.ts'
import { MoveSource } from '../../src/infrastructure/storage/moving/move-source.ts'
import { MoveTarget } from '../../src/infrastructure/storage/moving/move-target.ts'
import { Progress } from '../../src/infrastructure/storage/moving/progress.ts'
import { openPostgresStore } from '../../src/infrastructure/storage/postgres/message-store.ts'
import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import { reopenFile, sealFile } from '../../src/infrastructure/storage/sqlite/seal.ts'
import { freshDatabase } from '../support/postgres.ts'
import { findingsIn, findingsInPostgres } from './findings.ts'
import { userId } from './named-ids.ts'
import { RandomScribe } from './random-scribe.ts'
import { noChanges, Scribe } from './scribe.ts'
import { temporaryFile } from './sqlite/harness.ts'
import { rowsOfPostgres, rowsOfSqlite } from './stored-rows.ts'

const ann = userId('ann')
const bob = userId('bob')

const move = (from: string, to: string, print: (line: string) => void = () => undefined) =>
  moveToPostgres({ from, to, ownKey: undefined, print })

const connected = async (url: string) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

const query = async (url: string, sql: string): Promise<void> => {
  await using connection = await connected(url)
  await connection.client.query(sql)
}

const untilRefused = async (scribe: RandomScribe): Promise<Refusal> => {
  for (;;) {
    try {
      await scribe.step()
    } catch (error) {
      if (error instanceof Refusal) return error
      throw error
    }
    await turn()
  }
}

describe('a move from SQLite to PostgreSQL', () => {
  test.each([1, 2, 3])('keeps every row as it is, and passes a check (seed %i)', async seed => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await using store = await openSqliteStore({ file: place.file })
    await new RandomScribe(store, seed).steps(1500)
    expect(await move(place.file, target.url)).toMatchObject({ now: true })
    expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
    expect(await findingsInPostgres(target.url)).toEqual([])
    expect(await findingsIn(place.file)).toEqual([])
    expect(await move(place.file, target.url)).toEqual({ now: false, pauseMs: 0 })
  })

  test.each([11, 12, 13, 14])('takes along what is written meanwhile, until the seal (seed %i)', async seed => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await using store = await openSqliteStore({ file: place.file })
    const scribe = new RandomScribe(store, seed)
    await scribe.steps(800)
    const writing = untilRefused(scribe)
    await move(place.file, target.url)
    expect(await writing).toMatchObject({ code: 'UNAVAILABLE' })
    expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
    expect(await findingsInPostgres(target.url)).toEqual([])
  })
})

test('of a conversation that was erased between a move that was killed and its going on, nothing stays behind', async () => {
  await using place = await temporaryFile()
  await using target = await freshDatabase()
  await using store = await openSqliteStore({ file: place.file })
  const scribe = new Scribe(store)
  await scribe.create({ members: [ann] })
  let room: ConversationId
  {
    using source = new MoveSource(place.file)
    await using filled = await MoveTarget.open(target.url)
    const { followed } = await filled.begin(target.url, source.meta)
    const progress = new Progress(() => undefined)
    await copyFirst(source, filled, progress, 'now')
    room = await scribe.create({ members: [ann, bob] })
    await scribe.sendMany(room, ann, 3)
    await source.together(() => new LogFollower(source, filled, progress).follow(followed))
  }
  await scribe.deleteConversation(room)
  while ((await store.purge(100)) > 0);
  expect(await move(place.file, target.url)).toMatchObject({ now: true })
  expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
  expect(await findingsInPostgres(target.url)).toEqual([])
})

describe('positions after a move', () => {
  const moved = async (work: (store: MessageStore, scribe: Scribe) => Promise<void>) => {
    const place = await temporaryFile()
    const target = await freshDatabase()
    {
      await using store = await openSqliteStore({ file: place.file })
      await work(store, new Scribe(store))
    }
    await move(place.file, target.url)
    const store = await openPostgresStore({ url: target.url })
    return {
      store,
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]()
        await target[Symbol.asyncDispose]()
        await place[Symbol.asyncDispose]()
      },
    }
  }

  test('marks of the source tell exactly what came after them, and new commits are newer than all of its', async () => {
    let epoch: string | undefined
    const marks: CommitMark[] = []
    const groups: ConversationId[] = []
    await using after = await moved(async (source, scribe) => {
      const id = await scribe.create({ members: [ann, bob] })
      await scribe.send(id, ann, 'before')
      marks.push(await source.latest.inbox.mark())
      await scribe.send(id, ann, 'between')
      marks.push(await source.latest.inbox.mark())
      epoch = source.epoch
      groups.push(id)
    })
    const { store } = after
    expect(store.epoch).toBe(epoch)
    const [[early, late], [group]] = [marks, groups]
    if (early === undefined || late === undefined || group === undefined) throw new TypeError('nothing was written')
    const changedSince = async (since: CommitMark) =>
      (await store.latest.inbox.changesSince([{ userId: bob, since }]))[0]?.changed
    expect(await changedSince(early)).toEqual([{ conversationId: group, after: 3 }])
    expect(await changedSince(late)).toEqual([])
    const scribe = new Scribe(store)
    await scribe.takeUp(group)
    await scribe.send(group, bob, 'after')
    expect(await changedSince(late)).toEqual([{ conversationId: group, after: 4 }])
    expect(await store.latest.log.heads([group])).toEqual([{ conversationId: group, head: 5 }])
  })
})

describe('a file that was moved', () => {
  test('refuses what writes, in the server that runs on it and in those after it, and is read on', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    let store = await openSqliteStore({ file: place.file })
    try {
      const scribe = new Scribe(store)
      const group = await scribe.create({ members: [ann, bob] })
      await scribe.send(group, ann, 'hello')
      const before = await move(place.file, target.url).then(() => rowsOfSqlite(place.file))
      for (const restart of [false, true]) {
        if (restart) {
          await store[Symbol.asyncDispose]()
          store = await openSqliteStore({ file: place.file })
        }
        const again = new Scribe(store)
        await again.takeUp(group)
        await expect(again.send(group, ann, 'too late')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
        await expect(again.user(userId('eve'))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
        expect(await store.latest.log.heads([group])).toEqual([{ conversationId: group, head: 3 }])
        expect(await store.purge(10)).toBe(0)
        await using batch = await store.begin([{ users: [ann] }])
        expect(batch.rows).toBeDefined()
      }
      expect(rowsOfSqlite(place.file)).toEqual(before)
    } finally {
      await store[Symbol.asyncDispose]()
    }
  })

  test('is written to again once it is opened again', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await using store = await openSqliteStore({ file: place.file })
    const scribe = new Scribe(store)
    const group = await scribe.create({ members: [ann, bob] })
    await move(place.file, target.url)
    await expect(new Scribe(store).user(ann)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await reopenFile(place.file)
    await scribe.send(group, ann, 'here again')
  })
})

describe('a move is refused', () => {
  test('into a database that holds other data', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await (await openSqliteStore({ file: place.file }))[Symbol.asyncDispose]()
    {
      await using store = await openPostgresStore({ url: target.url })
      await new Scribe(store).user(ann)
    }
    await expect(move(place.file, target.url)).rejects.toThrow(/has data already/)
  })

  test('into a database on which a server runs', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await (await openSqliteStore({ file: place.file }))[Symbol.asyncDispose]()
    await using _store = await openPostgresStore({ url: target.url })
    await expect(move(place.file, target.url)).rejects.toThrow(/A server is running on the target database/)
  })

  test('of a file that is none, of another program, or of another version', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await expect(move(place.file, target.url)).rejects.toThrow(/does not exist/)
    await (await openSqliteStore({ file: place.file }))[Symbol.asyncDispose]()
    const change = (sql: string): void => {
      using database = new DatabaseSync(place.file)
      database.exec(sql)
    }
    change('update meta set schema_version = 99')
    await expect(move(place.file, target.url)).rejects.toThrow(/newer messenger/)
    change('update meta set schema_version = 1')
    await expect(move(place.file, target.url)).rejects.toThrow(/older messenger/)
    change('drop table meta')
    await expect(move(place.file, target.url)).rejects.toThrow(/not a messenger database/)
    await writeFile(place.file, 'a plain text file, which is not a database')
    await expect(move(place.file, target.url)).rejects.toThrow(/not a messenger database|not a database/)
  })

  test('twice at once, and into a database with incomplete data of another move; no server starts on it', async () => {
    await using place = await temporaryFile()
    await using other = await temporaryFile()
    await using target = await freshDatabase()
    for (const { file } of [place, other]) {
      await using store = await openSqliteStore({ file })
      await new RandomScribe(store, 5).steps(50)
    }
    let halfWay: Promise<unknown> | undefined
    let second: Promise<unknown> | undefined
    await move(place.file, target.url, line => {
      if (!line.startsWith('The move begins')) return
      halfWay = openPostgresStore({ url: target.url }).then(undefined, (error: unknown) => error)
      second = move(place.file, target.url).then(undefined, (error: unknown) => error)
    })
    expect(await halfWay).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/is being filled/) })
    expect(await second).toMatchObject({
      message: expect.stringMatching(/^Another messenger migrate is filling this database/),
    })
    await query(target.url, 'update meta set schema_version = -schema_version; create table migration_progress (a int)')
    await expect(move(other.file, target.url)).rejects.toThrow(/begun from other data/)
    expect(rowsOfSqlite(other.file).meta).toBeDefined()
    await using store = await openSqliteStore({ file: other.file })
    await new Scribe(store).user(ann)
  })
})

describe('a move that fails', () => {
  test('in its last pass opens the file again, and resumes when it is run again', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await using store = await openSqliteStore({ file: place.file })
    const scribe = new RandomScribe(store, 21)
    await scribe.steps(300)
    // Where the database may look, too.
    const flag = join(tmpdir(), `fail-${randomUUID()}`)
    await using saboteur = await connected(target.url)
    const failOnFlag = `
      create function fail() returns trigger language plpgsql as $$
        begin if (pg_stat_file('${flag}', true)).size is not null then raise 'the disk is full'; end if; return new; end $$;
      create trigger fail before update on migration_progress for each row execute function fail()`
    const lines: string[] = []
    let sabotage: Promise<unknown> | undefined
    const failing = move(place.file, target.url, line => {
      lines.push(line)
      if (line.startsWith('The move begins')) sabotage = saboteur.client.query(failOnFlag)
      if (line.includes('is sealed')) writeFileSync(flag, 'now')
    })
    await expect(failing).rejects.toThrow(/the disk is full/)
    await sabotage
    expect(lines.slice(-1)).toEqual([expect.stringMatching(/accepts writes again/)])
    await rm(flag, { force: true })
    await scribe.steps(100)
    await move(place.file, target.url)
    expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
    expect(await findingsInPostgres(target.url)).toEqual([])
  })

  test('after the seal, because it was killed, is completed when run again, with all earlier writes', async () => {
    await using place = await temporaryFile()
    await using target = await freshDatabase()
    await using store = await openSqliteStore({ file: place.file })
    const scribe = new RandomScribe(store, 22)
    await scribe.steps(300)
    const cut = new Error('cut off')
    const cutOff = move(place.file, target.url, line => {
      if (line.startsWith('changes, pass 1')) throw cut
    })
    await expect(cutOff).rejects.toBe(cut)
    await scribe.steps(100)
    await sealFile(place.file)
    await using other = await freshDatabase()
    await expect(move(place.file, other.url)).rejects.toThrow(/--reopen/)
    await move(place.file, target.url)
    expect(await rowsOfPostgres(target.url)).toEqual(rowsOfSqlite(place.file))
    await expect(
      scribe.store.begin([]).then(batch => batch.commit({ ...noChanges, users: [newUser(bob, 1)] })),
    ).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })
})
