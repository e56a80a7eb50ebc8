import type { Command } from './command.ts'

interface FairShare {
  /** In the order of arrival. */
  readonly taken: readonly Command[]
  readonly left: Command[]
}

/** How many of `count` commands each user gets, in rounds of one command each, in the order of the users' first commands. */
const sharesOf = (waiting: readonly Command[], count: number): ReadonlyMap<string, number> => {
  const wantedByUser = new Map<string, number>()
  for (const { userId } of waiting) wantedByUser.set(userId, (wantedByUser.get(userId) ?? 0) + 1)
  const shares = new Map<string, number>()
  let room = count
  for (let round = 1; room > 0; round += 1)
    for (const [userId, wanted] of wantedByUser) {
      if (room === 0) break
      shares.set(userId, round)
      room -= 1
      if (wanted === round) wantedByUser.delete(userId)
    }
  return shares
}

/**
 * Takes `count` of the waiting commands, with equal shares for all users, so that a user with few commands does not wait for
 * one with many. The commands of one user keep their order.
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
