import type { ControlFrame } from '@cpc-messenger/protocol'
import type { StreamItem } from '../../delivery/stream-item.ts'
import type { Meter } from '../../services/meter.ts'
import type { TurnEnd } from '../turn-end.ts'
import type { EncodedEvents } from './encoded-events.ts'
import { refusalFrame } from './error-frame.ts'
import type { SocketWriter } from './socket-writer.ts'
import type { Source, Subscriptions } from './subscriptions.ts'

export interface PumpParts {
  readonly writer: SocketWriter
  readonly encoded: EncodedEvents
  readonly turnEnd: TurnEnd
  readonly meter: Meter
  readonly epoch: () => string
  /** Asked before each turn; nothing is sent where it answers false. */
  readonly mayDeliver: () => boolean
  readonly onFailure: (error: unknown) => void
}

/** Carries items from the streams of one connection to its socket, as far as the socket has room. */
export class EventPump {
  readonly #parts: PumpParts
  readonly #ready = new Set<Source>()
  #subscriptions: Subscriptions | undefined
  #held = false
  readonly #run = (): void => this.#turn()

  constructor(parts: PumpParts) {
    this.#parts = parts
  }

  /** Where the streams belong; nothing is sent before. */
  serve(subscriptions: Subscriptions): void {
    this.#subscriptions = subscriptions
  }

  wake(source: Source): void {
    this.#ready.add(source)
    this.resume()
  }

  /** There may be room again. */
  resume(): void {
    if (this.#ready.size > 0 && !this.#held) this.#parts.turnEnd.put(this.#run)
  }

  /** Nothing is sent while `answer` is being worked out, so that what it answers comes before what it begins. */
  async after(answer: () => Promise<void>): Promise<void> {
    this.#held = true
    try {
      await answer()
    } finally {
      this.#held = false
      // At once: a client that subscribes again and again must not starve itself of its events.
      if (this.#ready.size > 0) this.#turn()
    }
  }

  stop(): void {
    this.#subscriptions = undefined
    this.#ready.clear()
  }

  #turn(): void {
    const { writer, mayDeliver, onFailure } = this.#parts
    const subscriptions = this.#subscriptions
    if (subscriptions === undefined || this.#held || !writer.open || writer.full || !mayDeliver()) return
    try {
      writer.together(() => {
        for (const source of [...this.#ready]) this.#drain(source, subscriptions)
      })
    } catch (error) {
      onFailure(error)
    }
  }

  #drain(source: Source, subscriptions: Subscriptions): void {
    const { writer, meter } = this.#parts
    this.#ready.delete(source)
    let delivered = 0
    while (!writer.full) {
      const item = source.stream.take()
      if (item === undefined) break
      if (item.kind === 'event') delivered += 1
      this.#send(item, source, subscriptions)
    }
    if (writer.full) this.#ready.add(source)
    if (delivered > 0) meter.delivered('websocket', delivered)
  }

  #send(item: StreamItem, source: Source, subscriptions: Subscriptions): void {
    const { writer, encoded } = this.#parts
    if (item.kind === 'event') writer.write(encoded.frameOf(item))
    else for (const frame of this.#framesOf(item, source, subscriptions)) writer.send(frame)
  }

  #framesOf(
    item: Exclude<StreamItem, { kind: 'event' }>,
    source: Source,
    subscriptions: Subscriptions,
  ): readonly ControlFrame[] {
    if (item.kind === 'ended') return subscriptions.ended(source, item.conversationId)
    if (item.kind === 'refused') return [refusalFrame(subscriptions.inboxFrameId, item.refusal)]
    const { conversationId, position, sequence, live } = item
    const ofReactions = source.messageId === undefined ? {} : { messageId: source.messageId }
    const epoch = this.#parts.epoch()
    return [{ type: 'StreamPosition', conversationId, ...ofReactions, epoch, position, sequence, live }]
  }
}
