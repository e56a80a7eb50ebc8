import type { Clock } from '@cpc-messenger/messenger'

export const systemClock: Clock = { now: () => Date.now() }
