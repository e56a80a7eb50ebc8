import type { CommitMark } from '@cpc-messenger/messenger'

const form = /^m[0-9a-z]{1,10}$/

export const commitMarkOf = (commit: number): CommitMark => `m${commit.toString(36)}`

/** The number of the commit, if the text is a mark. */
export const parseCommitMark = (mark: string): number | undefined =>
  form.test(mark) ? Number.parseInt(mark.slice(1), 36) : undefined

/** The one that shows the later moment; a text that is no mark wins. */
export const laterMark = (one: CommitMark, other: CommitMark): CommitMark => {
  const first = parseCommitMark(one)
  const second = parseCommitMark(other)
  if (first === undefined) return one
  return second === undefined || second > first ? other : one
}
