import { offline, type Presence, type StoreReader, type UserId } from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import type { Presences } from '../presence/presences.ts'
import { keysAtOnce } from './keys-at-once.ts'

/** What a reader of presence needs. */
export type PresenceReads = Pick<Presences, 'of' | 'ofOneself'>

/**
 * The presence of users as one viewer may see it now: users who share no conversation with the viewer are OFFLINE and were never
 * seen, as are ids that do not exist. Combines the users of one tick of the event loop.
 */
export const presenceLoader = (
  viewerId: () => UserId,
  { members }: Pick<StoreReader, 'members'>,
  presences: PresenceReads,
): DataLoader<UserId, Presence> =>
  new DataLoader(
    async ids => {
      const viewer = viewerId()
      const others = ids.filter(id => id !== viewer)
      const shared = others.length === 0 ? [] : await members.shared(viewer, others)
      const known = await presences.of(shared.map(({ userId }) => userId))
      const byId = new Map(known.map(presence => [presence.userId, presence]))
      if (others.length < ids.length) byId.set(viewer, await presences.ofOneself(viewer))
      return ids.map(id => byId.get(id) ?? offline(id))
    },
    { maxBatchSize: keysAtOnce },
  )
