import type { CommitMark } from '@cpc-messenger/messenger'

const form = /^m[0-9a-z]{1,10}$/

export const commitMarkOf = (commit: number): CommitMark => `m${commit.toString(36)}`

/** The number of the commit; undefined if the text is not a mark. */
export const parseCommitMark = (mark: string): number | undefined =>
  form.test(mark) ? Number.parseInt(mark.slice(1), 36) : undefined

/** The later of two marks; an invalid mark wins. */
export const laterMark = (one: CommitMark, other: CommitMark): CommitMark => {
  const first = parseCommitMark(one)
  const second = parseCommitMark(other)
  if (first === undefined) return one
  return second === undefined || second > first ? other : one
}
