import { type ConversationId, notFound, parseConversationId, parseMessageId } from '@cpc-messenger/messenger'
import type { ClientFrameOf, ControlFrame } from '@cpc-messenger/protocol'
import { type ConversationSignalKind, conversationSignalKinds } from '../../delivery/signals/signal-kinds.ts'
import { usersOfPresence } from '../../delivery/signals/users-of-presence.ts'
import type { Typing } from '../../services/typing/typing.ts'
import { SignalSource, type SignalSourceDependencies } from './signal-source.ts'
import type { SubscriptionCount } from './subscription-count.ts'

interface SignalSubscriptionsDependencies extends SignalSourceDependencies {
  readonly count: SubscriptionCount
  readonly typing: Typing
  readonly connectionId: string
}

const ok = (id: string | undefined): readonly ControlFrame[] => (id === undefined ? [] : [{ type: 'Ok', id }])

/** Names of subscriptions that are not of a conversation. */
const viewerName = 'viewer'
const presenceName = 'presence'

const required = (text: string): ConversationId => {
  const conversationId = parseConversationId(text)
  if (conversationId === undefined) throw notFound('conversation')
  return conversationId
}

/** The subscriptions of one connection to signals. Methods return the frames that answer the client. */
export class SignalSubscriptions {
  readonly #dependencies: SignalSubscriptionsDependencies
  /** By the id of its conversation, or its name. */
  readonly #open = new Map<string, SignalSource>()
  #released = false

  constructor(dependencies: SignalSubscriptionsDependencies) {
    this.#dependencies = dependencies
  }

  async subscribe({ id, conversationId, kinds }: ClientFrameOf<'SubscribeSignals'>): Promise<readonly ControlFrame[]> {
    const known = required(conversationId)
    const { signalService, viewer } = this.#dependencies
    const wanted: ReadonlySet<ConversationSignalKind> = new Set(kinds ?? conversationSignalKinds)
    const ended: ControlFrame = { type: 'Unsubscribed', conversationId: known, signals: true, reason: 'LEFT' }
    const follow = ({ stream }: SignalSource) => signalService.followConversation(stream, viewer, known, wanted)
    return this.#replace(known, id, ended, follow)
  }

  unsubscribe({ id, conversationId }: ClientFrameOf<'UnsubscribeSignals'>): readonly ControlFrame[] {
    this.#close(conversationId)
    return ok(id)
  }

  subscribeViewer({ id }: ClientFrameOf<'SubscribeViewerSignals'>): Promise<readonly ControlFrame[]> {
    const { signalService, viewer } = this.#dependencies
    return this.#replace(viewerName, id, undefined, ({ stream }) => signalService.followViewer(stream, viewer))
  }

  unsubscribeViewer({ id }: ClientFrameOf<'UnsubscribeViewerSignals'>): readonly ControlFrame[] {
    this.#close(viewerName)
    return ok(id)
  }

  async subscribePresence({ id, userIds }: ClientFrameOf<'SubscribePresence'>): Promise<readonly ControlFrame[]> {
    const { signalService, viewer } = this.#dependencies
    const wanted = usersOfPresence(userIds)
    return this.#replace(presenceName, id, undefined, ({ stream }) =>
      signalService.followPresence(stream, viewer, wanted),
    )
  }

  unsubscribePresence({ id }: ClientFrameOf<'UnsubscribePresence'>): readonly ControlFrame[] {
    this.#close(presenceName)
    return ok(id)
  }

  async setTyping({ id, typing, ...frame }: ClientFrameOf<'SetTyping'>): Promise<readonly ControlFrame[]> {
    const conversationId = required(frame.conversationId)
    const threadRootId = frame.threadRootId === undefined ? null : parseMessageId(frame.threadRootId)
    if (threadRootId === undefined) throw notFound('message')
    const { viewer, connectionId } = this.#dependencies
    await this.#dependencies.typing.set({ conversationId, threadRootId, typing }, viewer, connectionId)
    return ok(id)
  }

  /** Ends all subscriptions, and what the user typed here; subscriptions that are being opened end once they are open. */
  release(): void {
    this.#released = true
    for (const name of [...this.#open.keys()]) this.#close(name)
    this.#dependencies.typing.disconnected(this.#dependencies.connectionId)
  }

  /** If it is refused, the subscription before it goes on. */
  async #replace(
    name: string,
    id: string | undefined,
    ended: ControlFrame | undefined,
    follow: (source: SignalSource) => Promise<void>,
  ): Promise<readonly ControlFrame[]> {
    if (!this.#open.has(name)) this.#dependencies.count.requireRoom()
    const source: SignalSource = new SignalSource(this.#dependencies, () => {
      if (this.#open.get(name) !== source) return undefined
      this.#close(name)
      return ended
    })
    try {
      await follow(source)
    } catch (error) {
      source.stream.close()
      throw error
    }
    this.#close(name)
    if (this.#released) source.stream.close()
    else {
      this.#open.set(name, source)
      this.#dependencies.count.opened()
    }
    return ok(id)
  }

  #close(name: string): void {
    const source = this.#open.get(name)
    if (source === undefined) return
    this.#open.delete(name)
    source.stream.close()
    this.#dependencies.count.closed()
  }
}
