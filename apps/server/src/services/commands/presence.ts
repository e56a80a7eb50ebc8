import { newPresence, type PresenceUpdate, type StoredPresence, updatedPresence } from '@cpc-messenger/messenger'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'

const isSame = (one: StoredPresence, other: StoredPresence): boolean =>
  one.choice === other.choice && one.statusText === other.statusText && one.statusExpiresAt === other.statusExpiresAt

/** Sets what the user has chosen of their presence. */
export const setPresence: UseCase<PresenceUpdate, StoredPresence> = {
  name: 'setPresence',
  needs: (_, { userId }) => ({ users: [userId], presences: [userId] }),
  decide(update, { actor, state, at }) {
    const before = state.findPresence(actor.userId) ?? newPresence(actor.userId)
    const after = updatedPresence(before, update, at)
    if (isSame(before, after)) return unchanged(() => before)
    return changed({ presences: [after] }, () => after)
  },
}
