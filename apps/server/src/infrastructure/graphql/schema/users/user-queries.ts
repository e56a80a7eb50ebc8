import { parseStoredUserId, requireText, type UserPlace } from '@cpc-messenger/messenger'
import { connectionOf } from '../pagination/connections.ts'
import { type CursorList, textAndIdAt } from '../pagination/cursors.ts'
import { pageLimit, pageSizeDescription } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { UserObject } from '../root/object-refs.ts'
import { UserConnectionObject } from './users.ts'

const usersList: CursorList = { kind: 'users', scope: '' }

const userPlace = ({ displayName, id }: UserPlace): readonly string[] => [displayName, id]

builder.queryFields(t => ({
  user: t.field({
    type: UserObject,
    nullable: true,
    description: 'Null if this server does not know the user.',
    args: { id: t.arg.id({ required: true, description: "The `sub` claim of the user's token." }) },
    resolve: (_root, { id }, { reading }) => {
      const userId = parseStoredUserId(id)
      return userId === undefined ? null : reading.user(userId)
    },
  }),
  users: t.field({
    type: UserConnectionObject,
    nullable: true,
    description:
      'Users of this server sorted by name, then users found by id only. Can be disabled. A page may have fewer items than requested although more follow.',
    args: {
      search: t.arg.string({
        required: true,
        description: 'The start of a display name or id, ignoring case; 1 to 128 characters.',
      }),
      first: t.arg.int({ description: pageSizeDescription() }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
    },
    resolve: async (_root, { search, first, after }, context) => {
      requireText(search, { field: 'search', min: 1, max: 128 })
      const place = after == null ? undefined : textAndIdAt(after, usersList, 'after', parseStoredUserId)
      const page = await context.reading.searchUsers({
        search,
        limit: pageLimit(context, first),
        after: place && { displayName: place.text, id: place.id },
      })
      return connectionOf(
        page.rows,
        usersList,
        userPlace,
        { next: page.hasMore, previous: place !== undefined },
        page.end && userPlace(page.end),
      )
    },
  }),
}))
