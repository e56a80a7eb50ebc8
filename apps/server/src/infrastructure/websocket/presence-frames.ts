import { badInput, type Instant } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import { setPresence } from '../../services/commands/presence.ts'
import type { Committer } from '../../services/commit/committer.ts'
import type { Actor } from '../../services/identity/actor.ts'
import type { RateLimiter } from '../../services/limits/rate-limiter.ts'
import type { Presences } from '../../services/presence/presences.ts'

interface PresenceFramesDependencies {
  readonly viewer: Actor
  readonly connectionId: string
  readonly committer: Committer
  readonly presences: Presences
  readonly limiter?: RateLimiter | undefined
}

const ok = (id: string | undefined): readonly ControlFrame[] => (id === undefined ? [] : [{ type: 'Ok', id }])

const instantOf = (text: string | null | undefined): Instant | null | undefined => {
  if (typeof text !== 'string') return text
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw badInput('statusExpiresAt', 'statusExpiresAt is not an instant.')
  return at
}

/** What the user of one connection says of their presence. Methods return the frames that answer the client. */
export class PresenceFrames {
  readonly #dependencies: PresenceFramesDependencies

  constructor(dependencies: PresenceFramesDependencies) {
    this.#dependencies = dependencies
  }

  async setPresence({ id, ...frame }: ClientFrameOf<'SetPresence'>): Promise<readonly ControlFrame[]> {
    const { viewer, committer, limiter } = this.#dependencies
    const { status: choice, statusText } = frame
    const update = { choice, statusText, statusExpiresAt: instantOf(frame.statusExpiresAt) }
    limiter?.takeForCommand(setPresence, update, viewer)
    await committer.run(setPresence, update, viewer)
    return ok(id)
  }

  setActive({ id, active }: ClientFrameOf<'SetActive'>): readonly ControlFrame[] {
    this.#dependencies.presences.setActive(this.#dependencies.connectionId, active)
    return ok(id)
  }
}
