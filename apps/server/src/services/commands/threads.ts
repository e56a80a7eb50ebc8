import {
  badInput,
  type Conversation,
  type ConversationId,
  type Message,
  type MessageId,
  notFound,
  type Thread,
  type ThreadState,
} from '@cpc-messenger/messenger'
import type { Decision, DecisionContext, UseCase } from '../commit/use-case.ts'
import { changed, unchanged } from '../commit/use-case.ts'
import type { Actor } from '../identity/actor.ts'

interface OfThread {
  readonly rootId: MessageId
}

interface FollowThread extends OfThread {
  readonly follow: boolean
}

interface MarkThreadRead extends OfThread {
  /** The conversation that the client takes the thread to be in, if it names one. */
  readonly conversationId?: ConversationId
  readonly sequence: number
}

const needs = ({ rootId }: OfThread, actor: Actor) => ({
  messages: [rootId],
  threads: [rootId],
  memberships: [actor.userId],
})

interface ThreadContext {
  readonly root: Message
  readonly conversation: Conversation
  readonly thread: Thread
  readonly own: ThreadState
}

/** The thread under a message of a conversation that the actor is a member of. */
const requireThread = ({ rootId }: OfThread, { state, actor }: DecisionContext): ThreadContext => {
  const root = state.requireMessage(rootId, actor)
  const { conversation } = state.requireMember(root.conversationId, actor)
  if (root.threadRootId !== null)
    throw badInput('rootMessageId', 'This message is a reply in a thread. Use the id of the root of its thread.')
  const thread = state.findThread(rootId)
  if (thread === undefined) throw badInput('rootMessageId', 'This message has no thread: there is no reply to it.')
  return { root, conversation, thread, own: state.threadState(thread, actor.userId) }
}

const withState = (before: ThreadState, after: ThreadState, thread: Thread): Decision<Thread> =>
  JSON.stringify(before) === JSON.stringify(after)
    ? unchanged(() => thread)
    : changed({ threadStates: [after] }, () => thread)

/** Following begins with everything read. */
export const followThread: UseCase<FollowThread, Thread> = {
  name: 'followThread',
  needs,
  decide(input, context) {
    const { thread, own } = requireThread(input, context)
    const { follow: follows } = input
    const readSequence = follows && !own.follows ? Math.max(own.readSequence, thread.lastSequence) : own.readSequence
    return withState(own, { ...own, follows, chosen: true, readSequence }, thread)
  },
}

/** The marker only moves forward. */
export const markThreadRead: UseCase<MarkThreadRead, Thread> = {
  name: 'markThreadRead',
  needs,
  decide(input, context) {
    const { sequence } = input
    const { conversation, thread, own } = requireThread(input, context)
    if (input.conversationId !== undefined && input.conversationId !== conversation.id) throw notFound('message')
    if (sequence < 0 || sequence > conversation.lastSequence)
      throw badInput(
        'sequence',
        `sequence must be from 0 to ${conversation.lastSequence}, the head of the conversation.`,
      )
    return withState(own, { ...own, readSequence: Math.max(own.readSequence, sequence) }, thread)
  },
}
