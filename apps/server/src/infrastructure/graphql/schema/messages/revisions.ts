import type { MessageRevision } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { connectionObject } from '../pagination/connections.ts'
import type { CursorList } from '../pagination/cursors.ts'
import { builder } from '../root/builder.ts'
import { MessageContentInterface, UserObject } from '../root/object-refs.ts'

const MessageRevisionObject = builder.objectRef<MessageRevision>('MessageRevision').implement({
  description: 'One version of a message.',
  fields: t => ({
    version: t.exposeInt('version', {
      extensions: viewerIndependent,
      description: '1 as sent; each edit and the deletion add 1.',
    }),
    content: t.field({
      extensions: viewerIndependent,
      type: MessageContentInterface,
      description: 'The content of this version; DeletedContent if it was redacted, and for the deletion.',
      resolve: ({ content }) => content,
    }),
    editor: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'Who made this version: the author, or the moderator who deleted the message.',
      resolve: ({ editorId, messageId }, _args, { reading }) => {
        if (editorId === null) throw new TypeError(`a revision of ${messageId} has no editor`)
        return reading.getUser(editorId)
      },
    }),
    createdAt: t.expose('createdAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When this version was made.',
    }),
    redactedAt: t.expose('redactedAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'When the content of this version was redacted; null if it was not.',
    }),
  }),
})

export const MessageRevisionConnectionObject = connectionObject<MessageRevision>(
  'MessageRevision',
  'versions of a message',
  (t, description) =>
    t.field({
      type: MessageRevisionObject,
      extensions: viewerIndependent,
      description,
      resolve: ({ node }) => node,
    }),
)

export const revisionsList = (messageId: string): CursorList => ({ kind: 'revisions', scope: messageId })

export const placeOfRevision = ({ version }: MessageRevision): readonly number[] => [version]
