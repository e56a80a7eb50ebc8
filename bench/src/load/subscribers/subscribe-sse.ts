import { postRequest } from '../http/http-connection.ts'
import { RawSocket } from '../sockets/raw-socket.ts'
import type { Subscribe } from './subscriber.ts'
import { watching } from './watch-document.ts'

/** Once in each event with a message, and in nothing else. */
const eventMark = Buffer.from('"text":"')
const positionMark = Buffer.from('event: next')
const nothing = Buffer.alloc(0)

/** Counts a marker in a stream of chunks, also where a chunk ends within it. */
class MarkCounter {
  readonly #mark: Buffer
  #rest: Buffer = nothing

  constructor(mark: Buffer) {
    this.#mark = mark
  }

  count(chunk: Buffer): number {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const { length } = this.#mark
    let found = 0
    let at = 0
    for (let next = bytes.indexOf(this.#mark); next >= 0; next = bytes.indexOf(this.#mark, at)) {
      found += 1
      at = next + length
    }
    this.#rest = Buffer.from(bytes.subarray(Math.max(at, bytes.length - length + 1)))
    return found
  }
}

/** Server-sent events: the connection is the subscription. */
export const subscribeSse: Subscribe = async (target, receipts) => {
  const stands = Promise.withResolvers<void>()
  const marks = new MarkCounter(eventMark)
  let opening: string | undefined = ''
  let events = 0
  const socket = new RawSocket(target.port, {
    onBytes(bytes) {
      if (opening !== undefined) {
        opening += bytes.toString('latin1')
        if (!'HTTP/1.1 200'.startsWith(opening.slice(0, 12))) throw new Error(`refused: ${opening}`)
        if (!opening.includes(positionMark.toString())) return
        opening = undefined
        stands.resolve()
        return
      }
      const found = marks.count(bytes)
      for (let each = 0; each < found; each += 1) {
        events += 1
        receipts.add(Math.round(bytes.length / found), events)
      }
    },
    onFailure(error) {
      stands.reject(error)
      receipts.fail(error)
    },
  })
  socket.write(
    postRequest(
      target,
      JSON.stringify(watching(target.selection ?? 'alike', target.conversationId, target.after)),
      'text/event-stream',
    ),
  )
  await stands.promise
  return {
    get events() {
      return events
    },
    close: () => socket.close(),
  }
}
