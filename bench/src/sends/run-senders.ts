import type { Sent } from './send-load.ts'

/** Makes each sender send one message after the other for so long; all sends are answered at the end. */
export const runSenders = async (senders: readonly (() => Promise<unknown>)[], seconds: number): Promise<Sent> => {
  const began = performance.now()
  const until = began + seconds * 1000
  const counts = await Promise.all(
    senders.map(async send => {
      let sends = 0
      do {
        await send()
        sends += 1
      } while (performance.now() < until)
      return sends
    }),
  )
  return { sends: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - began) / 1000 }
}
