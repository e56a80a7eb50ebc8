import { parseMessageId } from '@cpc-messenger/messenger'
import { connectionOf } from '../pagination/connections.ts'
import { type CursorList, idAt } from '../pagination/cursors.ts'
import { pageLimit, pageSizeDescription } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { ViewerObject } from '../root/object-refs.ts'
import { MessageConnectionObject } from './messages.ts'

const mentionsList = (userId: string): CursorList => ({ kind: 'mentions', scope: userId })

builder.objectFields(ViewerObject, t => ({
  mentions: t.field({
    type: MessageConnectionObject,
    description:
      'Messages that mention the viewer, by name or as everyone, newest first, from conversations that the viewer is a member of. Mentions of everyone from before the viewer joined are left out. A page may have fewer items than requested although more follow.',
    args: {
      first: t.arg.int({ description: pageSizeDescription() }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
    },
    resolve: async ({ userId }, args, context) => {
      const list = mentionsList(userId)
      const before = args.after == null ? undefined : idAt(args.after, list, 'after', parseMessageId)
      const page = await context.reading.mentions(before, pageLimit(context, args.first))
      return connectionOf(
        page.rows,
        list,
        ({ id }) => [id],
        { next: page.hasMore, previous: before !== undefined },
        page.end && [page.end],
      )
    },
  }),
}))
