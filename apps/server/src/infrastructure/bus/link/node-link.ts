import type { Logger } from '../../../services/telemetry/logger.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'
import { ThrottledLogger } from '../../logging/throttled-logger.ts'
import type { NatsAddress } from '../../network/nats-address.ts'
import { Listeners } from '../listeners/listeners.ts'
import { MessageSigner, overheadBytes } from './message-signer.ts'
import { NatsLink, type NatsLinkOptions } from './nats-link.ts'
import { Subjects } from './subjects.ts'

export interface NodeLinkDependencies {
  /** At least one; all of one cluster. */
  readonly addresses: readonly NatsAddress[]
  /** The epoch of the store that the nodes share; messages of another epoch are ignored. */
  readonly epoch: string
  /** From `MessageStore.sharedSecret`: messages that are not signed with it are ignored. */
  readonly secret: string
  readonly log: Logger
  readonly meter: Pick<Meter, 'busDropped' | 'busIgnored'>
  readonly link?: NatsLinkOptions
}

const restored = 'restored'

/**
 * The connection of one node to the other nodes of its database, over NATS: what the buses of the node share. Messages are
 * signed. Nothing is queued: a message that cannot be sent at once is dropped.
 */
export class NodeLink implements AsyncDisposable {
  readonly subjects: Subjects
  readonly #meter: NodeLinkDependencies['meter']
  readonly #throttled: ThrottledLogger
  readonly #link: NatsLink
  readonly #signer: MessageSigner
  readonly #restored: Listeners<typeof restored, () => void>

  private constructor({ addresses, epoch, secret, log, meter, link }: NodeLinkDependencies) {
    this.#signer = new MessageSigner(secret, epoch)
    this.subjects = new Subjects(this.#signer.prefix)
    this.#meter = meter
    this.#throttled = new ThrottledLogger(log)
    this.#restored = new Listeners(log)
    this.#link = new NatsLink(addresses, log, () => this.#restored.tell(restored, listener => listener()), link)
  }

  /** Resolves once it is connected, or once no server was reachable; then it keeps trying. */
  static async open(dependencies: NodeLinkDependencies): Promise<NodeLink> {
    const link = new NodeLink(dependencies)
    await link.#link.tried
    return link
  }

  get state(): 'up' | 'degraded' {
    return this.#link.isUp ? 'up' : 'degraded'
  }

  /** The maximum bytes of one payload; below 0 while it is not connected. */
  get maxPayloadBytes(): number {
    return this.#link.maxBytes - overheadBytes
  }

  /** Resolves once the server knows all subscriptions; see `BusSubscription.ready`. */
  ready(): Promise<void> {
    return this.#link.ready()
  }

  /** One listener for each subject. `receive` must not throw, and returns false for a payload of an unknown format. */
  listen(subject: string, receive: (payload: Uint8Array) => boolean): void {
    this.#link.listen(subject, bytes => {
      const payload = this.#open(bytes)
      if (payload !== undefined && !receive(payload)) this.#ignoreFormat()
    })
  }

  forget(subject: string): void {
    this.#link.forget(subject)
  }

  /** Encodes and sends a message if it can be sent now. Returns whether it is sent. */
  send(subject: string, encode: () => Uint8Array): boolean {
    if (this.#link.canSend && this.#link.publish(subject, this.#signer.sign(encode()))) return true
    this.#meter.busDropped(1)
    return false
  }

  /** Calls `listener` after every connect, once the server knows all subscriptions. */
  onRestored(listener: () => void): Disposable {
    return this.#restored.add(restored, listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]()
  }

  #open(bytes: Uint8Array): Uint8Array | undefined {
    const payload = this.#signer.open(bytes)
    if (payload !== undefined) return payload
    this.#meter.busIgnored(1)
    this.#throttled.warn(
      {},
      'a message on the bus was not signed by a node of this database: check who may publish to NATS',
    )
    return undefined
  }

  #ignoreFormat(): void {
    this.#meter.busIgnored(1)
    this.#throttled.warn({}, 'a message on the bus has an unknown format: check whether another version is running')
  }
}
