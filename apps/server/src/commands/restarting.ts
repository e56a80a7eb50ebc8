import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '@cpc-messenger/messenger'

const firstRetryMs = 250
const maxRetryMs = 5000

const isAway = (error: unknown): error is Refusal => error instanceof Refusal && error.code === 'UNAVAILABLE'

/**
 * Restarts a server, and retries while the database cannot be reached. Returns undefined if `stopped` resolves first; an
 * attempt in progress then ends with the process.
 */
export const restarted = async <Server>(
  start: () => Promise<Server>,
  stopped: Promise<'stop'>,
  say: (line: string) => void,
): Promise<Server | undefined> => {
  for (let failures = 0; ; failures += 1) {
    try {
      const server = await Promise.race([stopped, start()])
      if (server === 'stop') return undefined
      if (failures > 0) say('The database is back.')
      return server
    } catch (error) {
      if (!isAway(error)) throw error
      if (failures === 0) say(`Cannot start again yet; retrying: ${error.message}`)
    }
    const wait = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures, 10))
    if ((await Promise.race([stopped, delay(wait)])) === 'stop') return undefined
  }
}
