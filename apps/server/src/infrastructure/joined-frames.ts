/** What takes more than this is not copied: those who are owed it share its frames. */
const joinedBytes = 16 * 1024

export interface FrameSink {
  write(frame: Buffer): void
  cork(): void
  uncork(): void
}

const same = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, index) => frame === others[index])

const bytesOf = (frames: readonly Buffer[]): number => frames.reduce((bytes, { length }) => bytes + length, 0)

/** Writes frames by one system call. Small ones are joined once for all who are owed the same in one turn of the event loop. */
export class JoinedFrames {
  #frames: readonly Buffer[] = []
  #joined: Buffer = Buffer.alloc(0)

  write(sink: FrameSink, frames: readonly Buffer[]): void {
    const [first] = frames
    if (first === undefined) return
    if (frames.length === 1) sink.write(first)
    else if (same(frames, this.#frames)) sink.write(this.#joined)
    else if (bytesOf(frames) <= joinedBytes) sink.write(this.#join(frames))
    else gather(sink, frames)
  }

  #join(frames: readonly Buffer[]): Buffer {
    if (this.#frames.length === 0) setImmediate(() => this.#forget())
    this.#frames = frames
    this.#joined = Buffer.concat(frames)
    return this.#joined
  }

  #forget(): void {
    this.#frames = []
    this.#joined = Buffer.alloc(0)
  }
}

const gather = (sink: FrameSink, frames: readonly Buffer[]): void => {
  sink.cork()
  for (const frame of frames) sink.write(frame)
  sink.uncork()
}
