import { chmod, copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { backupSqliteFile } from '../../src/infrastructure/storage/maintenance/backup.ts'
import { renewSqliteEpoch, restoreSqliteFile } from '../../src/infrastructure/storage/maintenance/restore.ts'
import { newestSchema } from '../../src/infrastructure/storage/schema/migrations.ts'
import { migrations } from '../../src/infrastructure/storage/schema/schema.ts'
import { sqliteDialect } from '../../src/infrastructure/storage/sqlite/dialect.ts'
import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import { reopenFile, sealFile } from '../../src/infrastructure/storage/sqlite/seal.ts'
import { findingsIn } from './findings.ts'
import { conversationId, userId } from './named-ids.ts'
import { Scribe } from './scribe.ts'
import { openSqliteHarness, temporaryFile } from './sqlite/harness.ts'

const ann = userId('ann')
const at = new Date(Date.UTC(2026, 10, 22))
const room = conversationId(1)

const headIn = async (file: string): Promise<number | undefined> => {
  await using store = await openSqliteStore({ file })
  return (await store.latest.log.heads([room]))[0]?.head
}

const epochIn = async (file: string): Promise<string> => {
  await using store = await openSqliteStore({ file })
  return store.epoch
}

/** A database whose log has this head. */
const filled = async (file: string, head: number): Promise<void> => {
  await using store = await openSqliteStore({ file })
  const scribe = new Scribe(store)
  await scribe.sendMany(await scribe.create({ members: [ann] }), ann, head - 1)
}

/** A database and a backup of it, in one folder. */
const backedUp = async (head = 5) => {
  const place = await temporaryFile()
  await filled(place.file, head)
  const backup = join(dirname(place.file), 'backup.db')
  await backupSqliteFile({ file: place.file, to: backup, overwrite: false })
  return { ...place, backup, folder: dirname(place.file) }
}

/** The data of a file as the first version stored it. */
const olderDatabase = (file: string): string => {
  const older = `${file}.older`
  using database = new DatabaseSync(older)
  database.exec(`attach '${file}' as newer`)
  const metaTable = database.prepare("select sql from newer.sqlite_schema where name = 'meta'").get()?.sql
  for (const sql of [String(metaTable), ...(migrations[0]?.(sqliteDialect) ?? [])]) database.exec(sql)
  const names = database.prepare("select name from main.sqlite_schema where type = 'table'").all()
  for (const { name } of names) {
    const columns = database.prepare(`select '"' || name || '"' as name from pragma_table_info('${name}')`).all()
    const list = columns.map(column => column.name).join()
    database.exec(`insert into main.${name} (${list}) select ${list} from newer.${name}`)
  }
  const [mark] = database.prepare('pragma newer.application_id').all()
  database.exec(`update main.meta set schema_version = 1; pragma application_id = ${mark?.application_id}`)
  return older
}

describe('a backup', () => {
  it('holds all that was committed when it began, is sound, and only its owner may read it', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    await scribe.sendMany(group, ann, 40)
    const to = join(dirname(harness.file), 'backup.db')
    const bytes = await backupSqliteFile({ file: harness.file, to, overwrite: false })
    await scribe.sendMany(group, ann, 3)
    const { size, mode } = await stat(to)
    expect([size, mode & 0o777]).toEqual([bytes, 0o600])
    expect(await findingsIn(to)).toEqual([])
    expect(await headIn(to)).toBe(41)
    expect(await readdir(dirname(harness.file))).not.toContain('backup.db.partial')
  })

  it('lets commits go on while it reads', async () => {
    await using harness = await openSqliteHarness()
    const scribe = new Scribe(harness.store)
    const group = await scribe.create({ members: [ann] })
    await scribe.sendMany(group, ann, 10)
    // What a backup holds while it copies: a read transaction on the file.
    const reader = new DatabaseSync(harness.file, { readOnly: true })
    reader.exec('begin; select count(*) from events')
    await scribe.sendMany(group, ann, 10)
    const to = join(dirname(harness.file), 'backup.db')
    await backupSqliteFile({ file: harness.file, to, overwrite: false })
    reader.close()
    expect(await headIn(to)).toBe(21)
  })

  it('holds nothing of what was erased', async () => {
    await using place = await temporaryFile()
    await filled(place.file, 2)
    const database = new DatabaseSync(place.file)
    database.exec(`create table secrets (words text); insert into secrets values ('${'erased words '.repeat(500)}')`)
    database.exec('pragma wal_checkpoint(truncate); drop table secrets; pragma wal_checkpoint(truncate)')
    database.close()
    expect(await readFile(place.file, 'latin1')).toContain('erased words')
    const to = join(dirname(place.file), 'backup.db')
    await backupSqliteFile({ file: place.file, to, overwrite: false })
    expect(await readFile(to, 'latin1')).not.toContain('erased words')
  })

  it('replaces a file only with --force, and never the database', async () => {
    await using place = await backedUp()
    const { file, backup: to } = place
    await expect(backupSqliteFile({ file, to, overwrite: false })).rejects.toThrow(/--force/)
    const before = (await stat(to)).ino
    await backupSqliteFile({ file, to, overwrite: true })
    expect((await stat(to)).ino).not.toBe(before)
    await expect(backupSqliteFile({ file, to: file, overwrite: true })).rejects.toThrow(/the database itself/)
    await expect(backupSqliteFile({ file, to: place.folder, overwrite: true })).rejects.toThrow(/is not a regular file/)
    await using served = await openSqliteStore({ file: to })
    await served.ping()
    await expect(backupSqliteFile({ file, to, overwrite: true })).rejects.toThrow(/may be running on/)
  })

  it('starts again after a backup that was killed, and leaves no file where it fails', async () => {
    await using place = await temporaryFile()
    const { file } = place
    await filled(file, 3)
    const to = join(dirname(file), 'backup.db')
    await writeFile(`${to}.partial`, 'half of a backup')
    await backupSqliteFile({ file, to, overwrite: false })
    expect(await headIn(to)).toBe(3)
    const nowhere = join(dirname(file), 'nowhere', 'backup.db')
    await expect(backupSqliteFile({ file, to: nowhere, overwrite: false })).rejects.toThrow(
      /^The folder .* does not exist\. Create it first\.$/,
    )
    await truncate(file, 20_000)
    const late = join(dirname(file), 'late.db')
    await expect(backupSqliteFile({ file, to: late, overwrite: false })).rejects.toMatchObject({
      name: 'DataFileError',
      message: expect.stringMatching(/^[^\n]+$/),
    })
    expect((await readdir(dirname(file))).filter(name => name.startsWith('late'))).toEqual([])
  })
})

describe('a restore', () => {
  it('puts the backup in the place of the data with a new epoch, and keeps what was there', async () => {
    await using place = await backedUp(5)
    const { file, backup } = place
    const before = await epochIn(file)
    await using later = await openSqliteStore({ file })
    const scribe = new Scribe(later)
    await scribe.user(userId('late'))
    await later[Symbol.asyncDispose]()
    await chmod(file, 0o640)
    const { epoch, kept = '' } = await restoreSqliteFile({ from: backup, file, at })
    expect(basename(kept)).toBe('messenger.db.before-restore-2026-11-22T00-00-00-000Z')
    expect((await stat(file)).mode & 0o777).toBe(0o640)
    expect(await epochIn(file)).toBe(epoch)
    expect(epoch).not.toBe(before)
    expect(await headIn(file)).toBe(5)
    expect(await findingsIn(file)).toEqual([])
    const count = (name: string) => new DatabaseSync(name).prepare('select count(*) as n from users').get()?.n
    expect([count(file), count(kept)]).toEqual([count(backup), Number(count(backup)) + 1])
    expect((await readdir(place.folder)).filter(name => name.includes('restoring'))).toEqual([])
  })

  it('takes a plain copy of a stopped database, and makes the folder where there is none', async () => {
    await using place = await temporaryFile()
    await filled(place.file, 4)
    const copy = join(dirname(dirname(place.file)), 'copy.db')
    await copyFile(place.file, copy)
    const file = join(dirname(dirname(place.file)), 'elsewhere', 'chat.db')
    const { kept } = await restoreSqliteFile({ from: copy, file, at })
    expect(kept).toBeUndefined()
    expect(await headIn(file)).toBe(4)
  })

  it('brings a backup of an older version to the form of this one', async () => {
    await using place = await backedUp(5)
    const older = olderDatabase(place.backup)
    await restoreSqliteFile({ from: older, file: place.file, at })
    const restored = new DatabaseSync(place.file, { readOnly: true })
    expect(restored.prepare('select schema_version from meta').get()).toEqual({ schema_version: newestSchema })
    expect(restored.prepare('select count(*) as n from own_key').get()).toEqual({ n: 0 })
    restored.close()
    expect(await findingsIn(place.file)).toEqual([])
  })

  it('keeps what was only in the log of the old data, and does not add it to the new data', async () => {
    await using place = await backedUp(5)
    const { file, backup, folder } = place
    const crashed = join(folder, 'crashed.db')
    {
      await using store = await openSqliteStore({ file })
      await new Scribe(store).user(userId('only-in-the-log'))
      for (const suffix of ['', '-wal']) await copyFile(file + suffix, crashed + suffix)
    }
    expect((await stat(`${crashed}-wal`)).size).toBeGreaterThan(0)
    const { kept = '' } = await restoreSqliteFile({ from: backup, file: crashed, at })
    const names = (name: string) =>
      new DatabaseSync(name)
        .prepare('select id from users')
        .all()
        .map(({ id }) => id)
    expect(names(kept)).toContain('only-in-the-log')
    expect(names(crashed)).not.toContain('only-in-the-log')
    expect(await findingsIn(crashed)).toEqual([])
  })

  it('replaces data that are too damaged to be opened, and keeps them with their log', async () => {
    await using place = await backedUp(5)
    const { file, backup } = place
    await writeFile(file, 'nothing of a database any more '.repeat(1000))
    await writeFile(`${file}-wal`, 'a log')
    const { kept = '' } = await restoreSqliteFile({ from: backup, file, at })
    expect(await headIn(file)).toBe(5)
    expect(await readFile(kept, 'utf8')).toMatch(/^nothing of/)
    expect(await readFile(`${kept}-wal`, 'utf8')).toBe('a log')
  })

  it('is refused while a server runs, and while another program has the data open', async () => {
    await using place = await backedUp()
    const { file, backup: from } = place
    {
      await using _server = await openSqliteStore({ file })
      await expect(restoreSqliteFile({ from, file, at })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
      await expect(renewSqliteEpoch(file)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    }
    const reader = new DatabaseSync(file, { readOnly: true })
    reader.exec('begin; select count(*) from users')
    await expect(restoreSqliteFile({ from, file, at })).rejects.toThrow(/has .* open/)
    reader.close()
    await restoreSqliteFile({ from, file, at })
  })

  it.each([
    ['that is not there', async () => undefined, /does not exist/],
    ['that is not a database', (file: string) => writeFile(file, 'a plain text file '.repeat(200)), /not a database/],
    ['that is empty', (file: string) => writeFile(file, ''), /not a messenger database/],
    [
      'of another program',
      async (file: string) => new DatabaseSync(file).exec('create table notes (line text)'),
      /not a messenger database/,
    ],
    [
      'of a newer messenger',
      async (file: string) => {
        await filled(file, 2)
        new DatabaseSync(file).exec('update meta set schema_version = 99')
      },
      /schema 99, made by a newer messenger/,
    ],
    [
      'that is damaged',
      async (file: string) => {
        await filled(file, 200)
        const bytes = await readFile(file)
        bytes.fill(0xff, 40_000, 60_000)
        await writeFile(file, bytes)
      },
      /is damaged/,
    ],
    [
      'that was cut off',
      async (file: string) => {
        await filled(file, 200)
        await truncate(file, Math.floor((await stat(file)).size / 2))
      },
      /is damaged|cannot|can be read/,
    ],
  ])('refuses a file %s, and leaves the data as they are', async (_what, make, message) => {
    await using place = await temporaryFile()
    const { file } = place
    await filled(file, 3)
    const epoch = await epochIn(file)
    const from = join(dirname(dirname(file)), 'given', 'file.db')
    await mkdir(dirname(from))
    await make(from)
    const refused = restoreSqliteFile({ from, file, at })
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ name: 'DataFileError', message: expect.stringMatching(/^[^\n]+$/) })
    expect([await headIn(file), await epochIn(file)]).toEqual([3, epoch])
    expect((await readdir(dirname(file))).filter(name => /restor/.test(name))).toEqual([])
  })

  it("refuses to replace another program's data, or to restore the data from themselves", async () => {
    await using place = await backedUp()
    const { file, backup: from, folder } = place
    await expect(restoreSqliteFile({ from: file, file, at })).rejects.toThrow(/--new-epoch/)
    const foreign = join(folder, 'notes.db')
    new DatabaseSync(foreign).exec('create table notes (line text)')
    await expect(restoreSqliteFile({ from, file: foreign, at })).rejects.toThrow(/another program/)
  })
})

describe('of a file whose data was moved to another database', () => {
  it('no backup is made, and none is restored', async () => {
    await using place = await backedUp(3)
    const { file, backup } = place
    const copy = join(place.folder, 'copy.db')
    await sealFile(file)
    await copyFile(file, copy)
    const refused = {
      name: 'DataFileError',
      message: expect.stringMatching(/^.*is sealed, because its data was moved[^\n]+$/),
    }
    await expect(backupSqliteFile({ file, to: backup, overwrite: true })).rejects.toMatchObject(refused)
    expect(await headIn(backup)).toBe(3)
    const elsewhere = join(place.folder, 'elsewhere.db')
    await expect(restoreSqliteFile({ from: copy, file: elsewhere, at })).rejects.toMatchObject(refused)
    expect((await readdir(place.folder)).filter(name => name === 'elsewhere.db')).toEqual([])
  })

  it('the place is taken by no backup of before, until the file is opened again', async () => {
    await using place = await backedUp(3)
    const { file, backup: from } = place
    await sealFile(file)
    const epoch = await epochIn(file)
    await expect(restoreSqliteFile({ from, file, at })).rejects.toThrow(/--reopen/)
    await expect(renewSqliteEpoch(file)).rejects.toThrow(/read-only/)
    await using served = await openSqliteStore({ file })
    await expect(new Scribe(served).user(userId('late'))).rejects.toThrow(/read-only/)
    expect(served.epoch).toBe(epoch)
    await served[Symbol.asyncDispose]()
    await reopenFile(file)
    await restoreSqliteFile({ from, file, at })
    expect(await epochIn(file)).not.toBe(epoch)
  })
})
