import type { Message } from '@cpc-messenger/messenger'
import { Semaphore } from '../../../services/concurrency/semaphore.ts'
import { tooComplex } from '../cost/too-complex.ts'

/** Bytes of messages that one operation may hold in memory. */
const maxBytes = 24 * 1024 * 1024
/** So many reads of messages go on at one time: what they bring is counted before the next begins. */
const atOnce = 2
const rowBytes = 800

/** An operation reads more than it may hold. */
const readTooMuch = () =>
  tooComplex('The messages that this asks for hold more than an operation may read: ask for smaller pages.')

const bytesOf = ({ content, metadata }: Message): number => {
  const text = content.kind === 'text' ? content.text.length : 0
  return rowBytes + 2 * (text + (metadata === null ? 0 : JSON.stringify(metadata).length))
}

/** How much text of messages an operation may read: that they are few says nothing of how long they are. */
export class ReadAllowance {
  readonly #permits = new Semaphore(atOnce)
  #bytes = 0

  /** Throws where what was read before is too much already. */
  read<Result>(read: () => Promise<Result>, messagesOf: (result: Result) => readonly Message[]): Promise<Result> {
    return this.#permits.run(async () => {
      if (this.#bytes > maxBytes) throw readTooMuch()
      const result = await read()
      for (const message of messagesOf(result)) this.#bytes += bytesOf(message)
      return result
    })
  }
}
