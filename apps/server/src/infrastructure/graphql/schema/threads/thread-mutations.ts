import type { Thread } from '@cpc-messenger/messenger'
import { followThread, markThreadRead } from '../../../../services/commands/threads.ts'
import { builder } from '../root/builder.ts'
import { messageIdOf } from '../root/ids.ts'
import { ThreadObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { threadShapeOf } from './thread-shape.ts'

const threadPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<Thread>(name), {
    description,
    fields: t => ({
      thread: t.field({ type: ThreadObject, description: 'The thread.', resolve: thread => threadShapeOf(thread) }),
    }),
  })

const rootDescription = 'The root of the thread: a message with at least one reply.'

const FollowThreadInput = builder.inputType('FollowThreadInput', {
  description: 'Whether to follow a thread.',
  fields: t => ({
    rootMessageId: t.id({ required: true, description: rootDescription }),
    follow: t.boolean({
      required: true,
      description: 'True: begins with everything read. False: nothing makes the viewer follow it again by itself.',
    }),
  }),
})

const MarkThreadReadInput = builder.inputType('MarkThreadReadInput', {
  description: 'How far the viewer has read a thread.',
  fields: t => ({
    rootMessageId: t.id({ required: true, description: rootDescription }),
    sequence: t.int({ required: true, description: 'A sequence of the conversation, from 0 to its head.' }),
  }),
})

const FollowThreadPayload = threadPayload('FollowThreadPayload', 'A thread is followed, or not any more.')
const MarkThreadReadPayload = threadPayload('MarkThreadReadPayload', "The viewer's marker in a thread has moved.")

builder.mutationFields(t => ({
  followThread: t.field({
    type: FollowThreadPayload,
    nullable: true,
    description:
      'Follows a thread, or stops following it. Writing a reply, being mentioned in one, and being the author of the root follow by themselves, but never after an unfollowing by this mutation. BAD_USER_INPUT if there is no reply yet.',
    args: { input: t.arg({ type: FollowThreadInput, required: true, description: 'What to follow.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, followThread, { rootId: messageIdOf(input.rootMessageId), follow: input.follow }),
  }),
  markThreadRead: t.field({
    type: MarkThreadReadPayload,
    nullable: true,
    description:
      "Moves the viewer's marker in a thread forward; an earlier sequence moves nothing. Beyond the head of the conversation: BAD_USER_INPUT.",
    args: { input: t.arg({ type: MarkThreadReadInput, required: true, description: 'How far.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, markThreadRead, { rootId: messageIdOf(input.rootMessageId), sequence: input.sequence }),
  }),
}))
