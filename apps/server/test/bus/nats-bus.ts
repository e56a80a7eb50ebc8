import type { EventBus, PresenceRegistry, SignalBus } from '@cpc-messenger/messenger'
import { MessageSigner } from '../../src/infrastructure/bus/link/message-signer.ts'
import type { NatsLinkOptions } from '../../src/infrastructure/bus/link/nats-link.ts'
import { openBusesOverNats } from '../../src/infrastructure/bus/nats/buses.ts'
import type { PresenceTimes } from '../../src/infrastructure/bus/nats/presence-registry.ts'
import { systemClock } from '../../src/infrastructure/clock/system-clock.ts'
import type { NatsAddress } from '../../src/infrastructure/network/nats-address.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'
import { until } from '../support/until.ts'

export interface Logged {
  readonly level: string
  readonly message: string
  readonly fields: object
}

/** The buses of one node with what it has counted and logged. Its waits are short. */
interface CountedBus extends AsyncDisposable {
  readonly bus: EventBus
  readonly signalBus: SignalBus
  readonly presenceRegistry: PresenceRegistry
  readonly epoch: string
  readonly counts: { dropped: number; ignored: number }
  readonly logged: readonly Logged[]
}

const quick: NatsLinkOptions = { retryMs: 40, pingMs: 300, connectMs: 500 }

export const epochOfTests = 'f3b0c442-98fc-4c14-9afb-f4c8996fb924'
export const secretOfTests = Buffer.alloc(32, 7).toString('base64url')
export const signerOfTests = new MessageSigner(secretOfTests, epochOfTests)

type Address = Partial<NatsAddress> & Pick<NatsAddress, 'host' | 'port'>

export const openNatsBus = async (
  servers: Address | readonly Address[],
  link: NatsLinkOptions = {},
  epoch = epochOfTests,
  presenceTimes: Partial<PresenceTimes> = {},
): Promise<CountedBus> => {
  const counts = { dropped: 0, ignored: 0 }
  const logged: Logged[] = []
  const at = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message })
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const buses = await openBusesOverNats({
    clock: systemClock,
    presenceTimes: { startMs: 0, ...presenceTimes },
    addresses: [servers].flat().map(({ host, port, ...rest }) => ({ tls: false, ...rest, host, port })),
    epoch,
    secret: secretOfTests,
    log,
    meter: { busDropped: count => (counts.dropped += count), busIgnored: count => (counts.ignored += count) },
    link: { ...quick, ...link },
  })
  return { ...buses, epoch, counts, logged }
}

export const untilState = (bus: Pick<EventBus, 'state'>, state: 'up' | 'degraded', withinMs?: number): Promise<void> =>
  until(() => bus.state === state, `the bus is ${state}`, withinMs)
