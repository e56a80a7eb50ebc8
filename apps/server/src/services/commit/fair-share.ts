import type { Command } from './command.ts'

export interface FairShare {
  /** In the order in which they came. */
  readonly taken: readonly Command[]
  readonly left: Command[]
}

/** How many each user is given of `count`, one after the other in turns, whose first command came first. */
const sharesOf = (waiting: readonly Command[], count: number): ReadonlyMap<string, number> => {
  const asked = new Map<string, number>()
  for (const { userId } of waiting) asked.set(userId, (asked.get(userId) ?? 0) + 1)
  const shares = new Map<string, number>()
  let room = count
  for (let round = 1; room > 0; round += 1)
    for (const [userId, wanted] of asked) {
      if (room === 0) break
      shares.set(userId, round)
      room -= 1
      if (wanted === round) asked.delete(userId)
    }
  return shares
}

/**
 * Parts `count` commands from more than so many that wait: users take turns, so that nobody waits for the many of another.
 * Those of one user keep their order.
 */
export const takeFairShare = (waiting: readonly Command[], count: number): FairShare => {
  const shares = new Map(sharesOf(waiting, count))
  const [taken, left]: [Command[], Command[]] = [[], []]
  for (const command of waiting) {
    const share = shares.get(command.userId) ?? 0
    if (share > 0) shares.set(command.userId, share - 1)
    ;(share > 0 ? taken : left).push(command)
  }
  return { taken, left }
}
