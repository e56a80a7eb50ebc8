import type { SignalStream } from '../../../delivery/signals/signal-stream.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import { type SourceItem, SubscriptionSource } from './subscription-source.ts'

/** The items of a subscription to signals. They have no resume position: the present state comes first each time. */
export class SignalSource extends SubscriptionSource {
  readonly place = undefined
  readonly memberUpTo = 0
  readonly #stream: SignalStream

  private constructor({ dependencies, actor }: OperationContext) {
    super(dependencies.meter)
    this.#stream = dependencies.signalService.open(actor, this)
  }

  /** Rejects if the subscription is refused. */
  static async open(context: OperationContext, follow: (stream: SignalStream) => Promise<void>): Promise<SignalSource> {
    const source = new SignalSource(context)
    try {
      await follow(source.#stream)
      return source
    } catch (error) {
      source.close()
      throw error
    }
  }

  get delivery(): 'open' | 'held' | 'revoked' {
    if (this.#stream.ended) return 'revoked'
    return this.#stream.held ? 'held' : 'open'
  }

  take(): SourceItem | undefined {
    const item = this.#stream.take()
    if (item === undefined && this.#stream.ended) this.close()
    return item
  }

  passed(): void {}

  protected closeStream(): void {
    this.#stream.close()
  }
}
