/** Above this size frames are not copied into one buffer, but written one by one. */
const joinedBytes = 16 * 1024

export interface FrameSink {
  write(frame: Buffer): void
  cork(): void
  uncork(): void
}

const same = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, index) => frame === others[index])

const writeEach = (sink: FrameSink, frames: readonly Buffer[]): void => {
  sink.cork()
  for (const frame of frames) sink.write(frame)
  sink.uncork()
}

/**
 * Gathers the frames for one socket in one tick, and writes them by one system call. Small frames are joined into one
 * buffer, which is shared by all sockets that get the same frames in the tick.
 */
export class JoinedFrames {
  #first: Buffer | undefined
  #more: Buffer[] = []
  #bytes = 0
  #frames: readonly Buffer[] = []
  #joined: Buffer = Buffer.alloc(0)

  add(frame: Buffer): void {
    if (this.#first === undefined) this.#first = frame
    else this.#more.push(frame)
    this.#bytes += frame.length
  }

  /** Writes the added frames and removes them. */
  writeTo(sink: FrameSink): void {
    const first = this.#first
    const more = this.#more
    const bytes = this.#bytes
    this.discard()
    if (first === undefined) return
    if (more.length === 0) sink.write(first)
    else if (bytes > joinedBytes) writeEach(sink, [first, ...more])
    else sink.write(this.#join([first, ...more], bytes))
  }

  /** Discards the added frames. */
  discard(): void {
    this.#first = undefined
    if (this.#more.length > 0) this.#more = []
    this.#bytes = 0
  }

  #join(frames: readonly Buffer[], bytes: number): Buffer {
    if (same(frames, this.#frames)) return this.#joined
    if (this.#frames.length === 0) setImmediate(() => this.#forget())
    this.#frames = frames
    this.#joined = Buffer.concat(frames, bytes)
    return this.#joined
  }

  #forget(): void {
    this.#frames = []
    this.#joined = Buffer.alloc(0)
  }
}
