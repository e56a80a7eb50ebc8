import type { Message, MessageId, TimelineRequest } from '@cpc-messenger/messenger'

/** Reads a page of one timeline, or of the replies in one thread. */
export type ReadMessages = (request: Omit<TimelineRequest, 'conversationId'>) => Promise<readonly Message[]>

/** Bounds are sequences, excluded. At most one of the four ways to choose a place is used. */
export interface TimelineArguments {
  readonly limit: number
  /** Which messages between the bounds are returned if they are more than `limit`. */
  readonly end: 'oldest' | 'newest'
  readonly after?: number | undefined
  readonly before?: number | undefined
  readonly aroundSequence?: number | undefined
  readonly aroundMessage?: MessageId | undefined
}

/** Messages in ascending order of sequence. */
export interface TimelinePage {
  readonly messages: readonly Message[]
  readonly hasPrevious: boolean
  readonly hasNext: boolean
}

const bounded = ({ after, before }: TimelineArguments) => ({
  ...(after === undefined ? {} : { after }),
  ...(before === undefined ? {} : { before }),
})

const around = async (read: ReadMessages, centre: number, limit: number): Promise<TimelinePage> => {
  const earlier = Math.floor(limit / 2)
  const later = limit - earlier
  const [before, after] = await Promise.all([
    read({ before: centre, end: 'newest', limit: earlier + 1 }),
    read({ after: centre - 1, end: 'oldest', limit: later + 1 }),
  ])
  return {
    messages: [...before.slice(-earlier || before.length), ...after.slice(0, later)],
    hasPrevious: before.length > earlier,
    hasNext: after.length > later,
  }
}

export const readTimeline = async (
  read: ReadMessages,
  page: TimelineArguments,
  centre = page.aroundSequence,
): Promise<TimelinePage> => {
  if (centre !== undefined) return around(read, centre, page.limit)
  const { limit, end, after, before } = page
  const rows = await read({ ...bounded(page), end, limit: limit + 1 })
  const more = rows.length > limit
  const exists = async (request: Pick<TimelineRequest, 'after' | 'before' | 'end'>): Promise<boolean> =>
    (await read({ ...request, limit: 1 })).length > 0
  if (end === 'oldest')
    return {
      messages: rows.slice(0, limit),
      hasPrevious: after !== undefined && (await exists({ before: after + 1, end: 'newest' })),
      hasNext: more || (before !== undefined && (await exists({ after: before - 1, end: 'oldest' }))),
    }
  return {
    messages: rows.slice(-limit),
    hasPrevious: more || (after !== undefined && (await exists({ before: after + 1, end: 'newest' }))),
    hasNext: before !== undefined && (await exists({ after: before - 1, end: 'oldest' })),
  }
}
