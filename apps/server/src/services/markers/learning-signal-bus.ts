import type {
  MarkerMove,
  MarkerStore,
  Signal,
  SignalBus,
  SignalSubscription,
  SignalTopic,
} from '@cpc-messenger/messenger'

/** The markers that a signal tells, as far as it tells them. */
const movesIn = (signal: Signal): readonly MarkerMove[] => {
  switch (signal.key.kind) {
    case 'markers': {
      if (!('read' in signal)) return []
      const { conversationId, userId } = signal.key
      return [
        {
          conversationId,
          userId,
          readSequence: 0,
          deliveredSequence: 0,
          shownReadSequence: signal.read,
          shownDeliveredSequence: signal.delivered,
        },
      ]
    }
    case 'viewerConversation': {
      if (!('markers' in signal) || signal.markers === null) return []
      const { conversationId, userId } = signal.key
      return [
        {
          conversationId,
          userId,
          readSequence: signal.markers.read,
          deliveredSequence: signal.markers.delivered,
          shownReadSequence: 0,
          shownDeliveredSequence: 0,
        },
      ]
    }
    default:
      return []
  }
}

/**
 * A signal bus whose signals of markers are learned by the store of this node before its subscribers receive them: what they
 * then read shows these markers, although the node that moved them may not have written them yet.
 */
export class LearningSignalBus implements SignalBus {
  readonly #bus: SignalBus
  readonly #markers: Pick<MarkerStore, 'learn'>

  constructor(bus: SignalBus, markers: Pick<MarkerStore, 'learn'>) {
    this.#bus = bus
    this.#markers = markers
  }

  get state(): SignalBus['state'] {
    return this.#bus.state
  }

  publish(topic: SignalTopic, signal: Signal): void {
    this.#bus.publish(topic, signal)
  }

  subscribe(topic: SignalTopic, listener: (signal: Signal) => void): SignalSubscription {
    return this.#bus.subscribe(topic, signal => {
      const moves = movesIn(signal)
      if (moves.length > 0) this.#markers.learn(moves)
      listener(signal)
    })
  }

  onRestored(listener: () => void): Disposable {
    return this.#bus.onRestored(listener)
  }
}
