import { type ConversationId, notFound, parseConversationId, parseMessageId } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import { markThreadRead } from '../../services/commands/threads.ts'
import type { Committer } from '../../services/commit/committer.ts'
import type { Actor } from '../../services/identity/actor.ts'
import type { Markers } from '../../services/markers/markers.ts'

export interface MarkerFramesDependencies {
  readonly markers: Markers
  readonly committer: Pick<Committer, 'run'>
}

const required = (text: string): ConversationId => {
  const conversationId = parseConversationId(text)
  if (conversationId === undefined) throw notFound('conversation')
  return conversationId
}

const ok = (id: string | undefined): readonly ControlFrame[] => (id === undefined ? [] : [{ type: 'Ok', id }])

/** The frames by which a client moves its user's markers. Methods return the frames that answer the client. */
export class MarkerFrames {
  readonly #dependencies: MarkerFramesDependencies
  readonly #actor: Actor

  constructor(dependencies: MarkerFramesDependencies, actor: Actor) {
    this.#dependencies = dependencies
    this.#actor = actor
  }

  async markRead({ id, sequence, ...frame }: ClientFrameOf<'MarkRead'>): Promise<readonly ControlFrame[]> {
    const conversationId = required(frame.conversationId)
    if (frame.threadRootId === undefined)
      await this.#dependencies.markers.markRead({ conversationId, sequence }, this.#actor)
    else await this.#markThreadRead(conversationId, frame.threadRootId, sequence)
    return ok(id)
  }

  async markDelivered({ id, sequence, ...frame }: ClientFrameOf<'MarkDelivered'>): Promise<readonly ControlFrame[]> {
    const conversationId = required(frame.conversationId)
    await this.#dependencies.markers.markDelivered({ conversationId, sequence }, this.#actor)
    return ok(id)
  }

  async #markThreadRead(conversationId: ConversationId, threadRootId: string, sequence: number): Promise<void> {
    const rootId = parseMessageId(threadRootId)
    if (rootId === undefined) throw notFound('message')
    await this.#dependencies.committer.run(markThreadRead, { rootId, conversationId, sequence }, this.#actor)
  }
}
