/** A system call as `strace -f -y` tells it. `began` and `ended` are places in the trace, which has their order. */
export interface SystemCall {
  readonly thread: number
  readonly name: string
  readonly began: number
  /** Infinity where it never returned. */
  readonly ended: number
  /** What the descriptor in its first argument is: a path, or `socket:[…]`. */
  readonly target: string
  /** As strace wrote them. */
  readonly arguments: string
  /** Undefined where it never returned. */
  readonly result: number | undefined
}

type Begun = Pick<SystemCall, 'thread' | 'name' | 'began' | 'arguments'>

const finished = (begun: Begun, ended: number, result: number | undefined): SystemCall => ({
  ...begun,
  ended: result === undefined ? Number.POSITIVE_INFINITY : ended,
  result,
  target: /^\d+<([^>]*)>/.exec(begun.arguments)?.[1] ?? '',
})

const resultIn = (text: string): number | undefined => {
  const number = Number(text)
  return Number.isNaN(number) ? undefined : number
}

/** Reads the lines of one trace. A call that others interrupt comes as two lines: `<unfinished ...>` and `resumed`. */
class TraceReader {
  readonly calls: SystemCall[] = []
  readonly #unfinished = new Map<number, Begun>()

  read(line: string, place: number): void {
    const [, thread, event] = /^(\d+) +(.*)$/s.exec(line) ?? []
    if (thread === undefined || event === undefined) return
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/s.exec(event)
    const started = /^(\w+)\((.*)$/s.exec(event)
    if (resumed !== null) this.#resume(Number(thread), resumed[1] ?? '', resumed[2] ?? '', place)
    else if (started !== null)
      this.#go({ thread: Number(thread), name: started[1] ?? '', began: place, arguments: '' }, started[2] ?? '', place)
  }

  end(): readonly SystemCall[] {
    for (const begun of this.#unfinished.values()) this.calls.push(finished(begun, 0, undefined))
    return this.calls.sort((one, other) => one.began - other.began)
  }

  #resume(thread: number, name: string, rest: string, place: number): void {
    const begun = this.#unfinished.get(thread)
    if (begun?.name !== name) throw new TypeError(`line ${place} resumes a ${name} that never began`)
    this.#unfinished.delete(thread)
    this.#go(begun, rest, place)
  }

  #go(begun: Begun, rest: string, place: number): void {
    const whole = /^(.*)\) *= (-?\d+|\?)(?: [^"]*)?$/s.exec(rest)
    if (whole !== null) {
      const call = { ...begun, arguments: begun.arguments + (whole[1] ?? '') }
      this.calls.push(finished(call, place, resultIn(whole[2] ?? '')))
      return
    }
    const [, part] = /^(.*?),? *<unfinished \.\.\.>(?:\) *= \?)?$/s.exec(rest) ?? []
    if (part === undefined)
      throw new TypeError(`line ${place} of the trace is not a system call: ${rest.slice(0, 200)}`)
    this.#unfinished.set(begun.thread, { ...begun, arguments: begun.arguments + part })
  }
}

/** In the order in which they began. */
export const parseTrace = (trace: string): readonly SystemCall[] => {
  const reader = new TraceReader()
  let place = 0
  for (const line of trace.split('\n')) reader.read(line, ++place)
  return reader.end()
}

const escapes: ReadonlyMap<string, number> = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
])

const unescaped = (text: string): Buffer =>
  Buffer.from(
    text.replace(/\\([0-7]{1,3}|.)/gs, (_, name: string) => {
      const code = /^[0-7]/.test(name) ? Number.parseInt(name, 8) : escapes.get(name)
      return code === undefined ? name : String.fromCharCode(code)
    }),
    'latin1',
  )

export interface FileWrite {
  readonly bytes: Buffer
  readonly offset: number
}

/** What a `pwrite64` put into its file: nothing where it failed. */
export const fileWrite = (call: SystemCall): FileWrite => {
  const [, text, size, offset] = /^[^"]*"(.*)", (\d+), (\d+)$/s.exec(call.arguments) ?? []
  if (text === undefined) throw new TypeError(`strace left out what was written: ${call.arguments.slice(-100)}`)
  const bytes = unescaped(text)
  if (bytes.length !== Number(size)) throw new TypeError(`${bytes.length} bytes were read of a write of ${size}`)
  return { bytes: bytes.subarray(0, Math.max(0, call.result ?? bytes.length)), offset: Number(offset) }
}
