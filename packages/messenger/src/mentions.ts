import { parseUserId, type UserId } from './ids.ts'

export const mentionsPerMessage = 50
/** In conversations of up to this many members everyone may mention everyone. */
export const everyoneMentionMembers = 50

const mention = /<@([\x21-\x3b\x3d\x3f-\x7e]{1,128})>/g

export interface NamedInText {
  /** In order of first mention, each once. */
  readonly userIds: readonly UserId[]
  readonly everyone: boolean
}

export const namedInText = (text: string): NamedInText => {
  const userIds = new Set<UserId>()
  let everyone = false
  if (!text.includes('<@')) return { userIds: [], everyone }
  for (const [, name] of text.matchAll(mention)) {
    if (name === undefined) continue
    if (name === 'everyone') {
      everyone = true
      continue
    }
    const userId = parseUserId(name)
    if (userId !== undefined) userIds.add(userId)
  }
  return { userIds: [...userIds], everyone }
}
