import { type ControlFrame, encodeServerFrame } from '@cpc-messenger/protocol'
import type { SignalService } from '../../delivery/signals/signal-service.ts'
import type { SignalStream } from '../../delivery/signals/signal-stream.ts'
import type { StreamConsumer } from '../../delivery/streams/event-stream.ts'
import type { Actor } from '../../services/identity/actor.ts'
import type { JoinedFrames } from '../sockets/joined-frames.ts'
import type { PumpSource, StreamPump } from '../sockets/stream-pump.ts'
import { textFrame } from '../sockets/text-frame.ts'
import type { EncodedSignals } from './signal-frame.ts'

export interface SignalSourceDependencies {
  readonly signalService: SignalService
  readonly viewer: Actor
  readonly encodedSignals: EncodedSignals
  readonly pump: StreamPump
}

/** One subscription of a connection to signals. */
export class SignalSource implements PumpSource, StreamConsumer {
  ready = false
  next: PumpSource | undefined
  readonly stream: SignalStream
  readonly #dependencies: SignalSourceDependencies
  readonly #ended: () => ControlFrame | undefined

  /** `ended` is called when the viewer may see no more, and returns what the client is sent. */
  constructor(dependencies: SignalSourceDependencies, ended: () => ControlFrame | undefined) {
    this.#dependencies = dependencies
    this.#ended = ended
    this.stream = dependencies.signalService.open(dependencies.viewer, this)
  }

  streamReady(): void {
    this.#dependencies.pump.wake(this)
  }

  fill(frames: JoinedFrames, room: number): number {
    const { encodedSignals } = this.#dependencies
    let left = room
    while (left > 0) {
      const item = this.stream.take()
      if (item === undefined) break
      const frame = encodedSignals.frameOf(item)
      frames.add(frame)
      left -= frame.length
    }
    return this.stream.ended && !this.stream.closed ? left - this.#end(frames) : left
  }

  /** Returns the number of added bytes. */
  #end(frames: JoinedFrames): number {
    this.stream.close()
    const last = this.#ended()
    if (last === undefined) return 0
    const frame = textFrame(encodeServerFrame(last))
    frames.add(frame)
    return frame.length
  }
}
