import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { backupSqliteFile } from '../../../src/infrastructure/storage/maintenance/backup.ts'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { findingsIn } from '../../storage/findings.ts'
import { conversationId, userId } from '../../storage/named-ids.ts'
import { Scribe } from '../../storage/scribe.ts'
import { describeUnderStrace, injecting } from '../durability/strace.ts'
import { messengerCommand } from '../server/messenger-command.ts'

/** What changes what is on the disk, but for writing into files that have no name that counts yet. */
const calls = ['mkdir', 'chmod', 'fsync', 'ftruncate', 'unlink', 'link', 'rename', 'rmdir']
/** Of each kind every fourth call kills once; with KILLS=all every one. */
const step = process.env.KILLS === 'all' ? 1 : 4
const ann = userId('ann')
const [oldHead, newHead] = [9, 4]

const write = async (file: string, head: number, then?: () => Promise<void>): Promise<void> => {
  await using store = await openSqliteStore({ file })
  const scribe = new Scribe(store)
  await scribe.sendMany(await scribe.create({ members: [ann] }), ann, head - 1)
  await then?.()
}

const headIn = async (file: string): Promise<number | undefined> => {
  await using store = await openSqliteStore({ file })
  return (await store.latest.log.heads([conversationId(1)]))[0]?.head
}

/** A backup, and data as a server that was killed leaves them: much of it only in the log. */
const makeFiles = async (folder: string) => {
  const [source, running] = [join(folder, 'source', 'a.db'), join(folder, 'running', 'b.db')]
  const [backup, old] = [join(folder, 'backup.db'), join(folder, 'old.db')]
  await write(source, newHead)
  await backupSqliteFile({ file: source, to: backup, overwrite: false })
  await write(running, oldHead, async () => {
    for (const suffix of ['', '-wal']) await copyFile(running + suffix, old + suffix)
  })
  return { backup, old }
}

const killedAt = (call: string, count: number): readonly string[] => [
  'strace',
  ...['-f', '-qq', '-o', '/dev/null'],
  ...injecting(call, `signal=KILL:when=${count}`),
]

/** Does it again and again, killed at its first, second, … call of each kind, until it comes to its end. */
const killedEverywhere = async (
  once: (under: readonly string[], moment: string) => Promise<'killed' | 'ended'>,
): Promise<void> => {
  for (const call of calls)
    for (let count = 1; (await once(killedAt(call, count), `${call} ${count}`)) === 'killed'; count += step)
      if (count > 100) throw new Error('it never ends')
}

describeUnderStrace('a kill at any moment', () => {
  it('of a restore leaves the old data or the new, whole, and another restore goes through', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
    await using _removed = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
    const { backup, old } = await makeFiles(folder)
    const moments = new Map<number | undefined, string[]>([
      [oldHead, []],
      [newHead, []],
    ])
    const file = join(folder, 'data', 'messenger.db')
    await killedEverywhere(async (under, moment) => {
      await rm(dirname(file), { recursive: true, force: true })
      await mkdir(dirname(file))
      for (const suffix of ['', '-wal']) await copyFile(old + suffix, file + suffix)
      const { code, stderr } = await messengerCommand(file, ['restore', backup], under)
      const head = await headIn(file)
      expect(await findingsIn(file)).toEqual([])
      expect([oldHead, newHead]).toContain(head)
      if (code === 0) {
        expect(head).toBe(newHead)
        return 'ended'
      }
      expect(stderr).toBe('')
      moments.get(head)?.push(moment)
      if (['link 1', 'rename 1', 'rmdir 1', 'fsync 13'].includes(moment)) {
        expect((await messengerCommand(file, ['restore', backup])).code).toBe(0)
        expect(await headIn(file)).toBe(newHead)
      }
      return 'killed'
    })
    console.log(`old data after ${moments.get(oldHead)?.join(', ')}; new after ${moments.get(newHead)?.join(', ')}`)
    expect(moments.get(oldHead)).toEqual(expect.arrayContaining(['link 1', 'rename 1', 'fsync 13']))
    expect(moments.get(newHead)).toEqual(expect.arrayContaining(['rmdir 1']))
  }, 600_000)

  it('of a backup leaves no file under its name that is not whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
    await using _removed = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
    const { old: file } = await makeFiles(folder)
    const to = join(folder, 'made', 'backup.db')
    let kills = 0
    await killedEverywhere(async under => {
      await rm(dirname(to), { recursive: true, force: true })
      await mkdir(dirname(to))
      const { code } = await messengerCommand(file, ['backup', to], under)
      const names = await readdir(dirname(to))
      if (names.includes('backup.db')) {
        expect(await headIn(to)).toBe(oldHead)
        expect(await findingsIn(to)).toEqual([])
      }
      if (code === 0) return 'ended'
      kills += 1
      return 'killed'
    })
    expect(kills).toBeGreaterThan(2)
  }, 300_000)
})

describeUnderStrace('a full disk', () => {
  it.each(['backup', 'restore'] as const)(
    'stops a %s with a line that says so, and leaves nothing of it',
    async word => {
      const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
      await using _removed = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
      const { backup, old } = await makeFiles(folder)
      const file = join(folder, 'data', 'messenger.db')
      await mkdir(dirname(file))
      for (const suffix of ['', '-wal']) await copyFile(old + suffix, file + suffix)
      const place = word === 'backup' ? join(dirname(file), 'new.db') : backup
      // The first few are for the shared memory beside the database.
      const full = ['strace', '-f', '-qq', '-o', '/dev/null', ...injecting('pwrite64', 'error=ENOSPC:when=20+')]
      const { code, stderr } = await messengerCommand(file, [word, place], full)
      expect([code, stderr]).toEqual([1, expect.stringMatching(/^The disk of [^\n]+ has too little room: [^\n]+\n$/)])
      expect((await readdir(dirname(file))).filter(name => /partial|restor|new/.test(name))).toEqual([])
      expect(await headIn(file)).toBe(oldHead)
      expect(await findingsIn(file)).toEqual([])
    },
    90_000,
  )
})
