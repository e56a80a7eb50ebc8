import { MigrationError } from '../errors/migration-error.ts'
import { reopenFile, sealFile } from '../sqlite/seal.ts'
import { copyFirst } from './first-copy.ts'
import { LogFollower } from './log-follower.ts'
import { MoveSource } from './move-source.ts'
import { MoveTarget } from './move-target.ts'
import { Progress } from './progress.ts'
import { UnloggedChanges } from './unlogged-changes.ts'

interface MoveOptions {
  /** A SQLite file; a server may be running on it. */
  readonly from: string
  /** `postgres://…`; an empty database, or one that a move of this file began to fill. */
  readonly to: string
  /** The own signing key of the server, if there is one. */
  readonly ownKey: string | undefined
  readonly print: (line: string) => void
}

interface Moved {
  /** False if everything was moved before. */
  readonly now: boolean
  /** How long writes were refused, in ms. */
  readonly pauseMs: number
}

/** Once a pass takes no longer than this, the last one, during which writes are refused, may follow. */
const shortMs = 500
const maxPasses = 10

const passOver = async (
  { source, target, follower, unlogged }: Move,
  since: number,
): Promise<{ readonly until: number; readonly ms: number }> => {
  const startedAt = performance.now()
  const until = await source.together(async () => {
    const { last_commit: newest } = source.meta
    await follower.follow(since)
    await unlogged.write()
    return newest
  })
  await target.follow(until)
  return { until, ms: performance.now() - startedAt }
}

interface Move {
  readonly source: MoveSource
  readonly target: MoveTarget
  readonly follower: LogFollower
  readonly unlogged: UnloggedChanges
  readonly progress: Progress
}

/** Copies changes in passes, each shorter than the one before. Returns the commit up to which all changes were copied. */
const catchUp = async (move: Move, from: number): Promise<number> => {
  let since = from
  for (let pass = 1; pass <= maxPasses; pass += 1) {
    move.progress.begin(`changes, pass ${pass}`)
    const { until, ms } = await passOver(move, since)
    since = until
    // Without statistics the planner chooses bad plans.
    if (pass === 1) await move.target.analyse()
    else if (ms < shortMs) break
  }
  return since
}

/** Seals the file and moves the remaining changes. If that fails, the file is unsealed. */
const finish = async (move: Move, since: number, { from, ownKey }: MoveOptions): Promise<number> => {
  const { source, target, progress } = move
  const sealedBefore = source.sealed
  const startedAt = performance.now()
  if (!sealedBefore) await sealFile(from)
  progress.say(`${from} is sealed: it is read-only now.`)
  try {
    progress.begin('the last changes')
    await passOver(move, since)
  } catch (error) {
    if (!sealedBefore) {
      await reopenFile(from)
      progress.say(`${from} accepts writes again: the move did not complete.`)
    }
    throw error
  }
  await target.finish({ lastCommit: source.meta.last_commit, ownKey })
  return performance.now() - startedAt
}

/**
 * Moves all data of a SQLite file into a PostgreSQL database. Ids, sequences, the epoch and commit numbers do not change, so that
 * the positions of clients stay valid. If it is interrupted, the next call resumes it. Rejects with a `MigrationError` if the
 * data cannot be moved.
 */
export const moveToPostgres = async (options: MoveOptions): Promise<Moved> => {
  const progress = new Progress(options.print)
  using source = new MoveSource(options.from)
  await using target = await MoveTarget.open(options.to)
  const moved = await target.movedEpoch()
  if (moved === source.meta.epoch && source.sealed) return { now: false, pauseMs: 0 }
  if (source.sealed && !(await target.isBeingFilled()))
    throw new MigrationError(`${options.from} was moved to another database. --reopen makes it accept writes again.`)
  const begun = await target.begin(options.to, source.meta)
  progress.say(begun.isNew ? 'The move begins.' : 'The move continues where it was interrupted.')
  progress.begin('first copy')
  await copyFirst(source, target, progress, begun.isNew ? 'now' : 'before')
  const move: Move = {
    source,
    target,
    progress,
    follower: new LogFollower(source, target, progress),
    unlogged: new UnloggedChanges(source, target, progress),
  }
  const since = await catchUp(move, begun.followed)
  return { now: true, pauseMs: await finish(move, since, options) }
}
