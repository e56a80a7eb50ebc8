import type { Json, MessageContent } from '@cpc-messenger/messenger'
import { Semaphore } from '../../../services/concurrency/semaphore.ts'
import { tooComplex } from '../cost/too-complex.ts'

/** The bytes of messages that one operation may have in memory. */
const maxBytes = 24 * 1024 * 1024
/** Concurrent reads of messages: the result of each is counted before the next one starts. */
const atOnce = 2
const rowBytes = 800

/** An operation reads more than it may have in memory. */
const readTooMuch = () =>
  tooComplex('The requested messages are larger than one operation may read. Request smaller pages.')

/** A message, or one of its revisions. */
interface MessageRow {
  readonly content: MessageContent
  readonly metadata?: Json
}

const bytesOf = ({ content, metadata = null }: MessageRow): number => {
  const text = content.kind === 'text' ? content.text.length : 0
  return rowBytes + 2 * (text + (metadata === null ? 0 : JSON.stringify(metadata).length))
}

/** Limits the bytes of messages that an operation reads: their number does not limit their length. */
export class ReadAllowance {
  readonly #permits = new Semaphore(atOnce)
  #bytes = 0

  /** Throws if previous reads exceeded the limit. */
  read<Result>(read: () => Promise<Result>, messagesOf: (result: Result) => readonly MessageRow[]): Promise<Result> {
    return this.#permits.run(async () => {
      if (this.#bytes > maxBytes) throw readTooMuch()
      const result = await read()
      for (const message of messagesOf(result)) this.#bytes += bytesOf(message)
      return result
    })
  }
}
