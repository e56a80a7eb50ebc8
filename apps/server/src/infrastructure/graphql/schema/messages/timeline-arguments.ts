import { badInput, type ConversationId } from '@cpc-messenger/messenger'
import type { TimelineArguments } from '../../../../services/reads/timeline.ts'
import type { OperationContext } from '../../operations/operation-context.ts'
import { type CursorList, sequenceAt } from '../pagination/cursors.ts'
import { optionalSequence, pageLimit } from '../pagination/page-arguments.ts'
import { messageIdOf } from '../root/ids.ts'

interface TimelineInput {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
  readonly around?: string | null | undefined
  readonly aroundSequence?: number | null | undefined
  readonly afterSequence?: number | null | undefined
  readonly beforeSequence?: number | null | undefined
}

export const timelineList = (conversationId: ConversationId): CursorList => ({
  kind: 'timeline',
  scope: conversationId,
})

const given = (value: unknown): boolean => value !== null && value !== undefined

const requireOne = (input: TimelineInput, names: readonly (keyof TimelineInput)[]): void => {
  const [, second] = names.filter(name => given(input[name]))
  if (second !== undefined) throw badInput(second, `Give at most one of ${names.join(', ')}.`)
}

const requireOneWay = (input: TimelineInput): void => {
  requireOne(input, ['first', 'last'])
  requireOne(input, ['after', 'afterSequence'])
  requireOne(input, ['before', 'beforeSequence'])
  for (const name of ['after', 'before', 'afterSequence', 'beforeSequence', 'last'] as const)
    requireOne(input, ['around', 'aroundSequence', name])
}

const boundOf = (
  cursor: string | null | undefined,
  sequence: number | undefined,
  list: CursorList,
  field: string,
): number | undefined => (cursor === null || cursor === undefined ? sequence : sequenceAt(cursor, list, field))

const aroundOf = ({ around, aroundSequence }: TimelineInput) => ({
  aroundMessage: around === null || around === undefined ? undefined : messageIdOf(around),
  aroundSequence: optionalSequence(aroundSequence, 'aroundSequence'),
})

/** The request for the arguments of a list of messages. Refuses arguments that contradict each other or are out of bounds. */
export const timelineArguments = (
  input: TimelineInput,
  list: CursorList,
  pages: Pick<OperationContext, 'pageRows'>,
): TimelineArguments => {
  requireOneWay(input)
  const limit = given(input.last) ? pageLimit(pages, input.last, 'last') : pageLimit(pages, input.first)
  const after = boundOf(input.after, optionalSequence(input.afterSequence, 'afterSequence'), list, 'after')
  const before = boundOf(input.before, optionalSequence(input.beforeSequence, 'beforeSequence'), list, 'before')
  const fromOldest = !given(input.last) && (given(input.first) || after !== undefined)
  return { limit, end: fromOldest ? 'oldest' : 'newest', after, before, ...aroundOf(input) }
}
