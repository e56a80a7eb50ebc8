import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { LimitName } from '../../services/limits/limit-table.ts'
import type { Meter, StatementKind, TransportName } from '../../services/telemetry/meter.ts'
import { CountedHistogram } from './counted-histogram.ts'

type PerTransport = Record<TransportName, number>
const none = (): PerTransport => ({ graphql: 0, websocket: 0 })

interface PromMeterOptions {
  /** Cursors that are behind the head of their log. */
  readonly cursorsBehind: () => number
  /** Commands that are not answered yet. */
  readonly commandsWaiting?: () => number
  /** Streams that wait to be opened. */
  readonly openingsWaiting?: () => number
  /** The memory of recent events and their rows. */
  readonly recentBytes?: () => number
  /** Users with a connection to this node. */
  readonly connectedUsers?: () => number
  /** Whether announcements reach the other nodes. */
  readonly busUp?: () => boolean
  /** Unhandled promise rejections in this process. */
  readonly unhandledRejections?: (() => number) | undefined
}

const zero = (): number => 0

/** Counts in plain numbers, which is cheap at tens of thousands of deliveries per tick, and renders them for Prometheus. */
export class PromMeter implements Meter {
  readonly #registry = new Registry()
  readonly #connections = none()
  readonly #subscriptions = none()
  readonly #deliveries = none()
  readonly #statements: Record<StatementKind, number> = { read: 0, write: 0 }
  readonly #requests = new Map<string, Map<string, number>>()
  readonly #limitsReached = new Map<LimitName, number>()
  readonly #closings = new Map<TransportName, Map<number, number>>()
  readonly #commitSeconds = new Histogram({
    name: 'messenger_commit_seconds',
    help: 'From the start of a batch until it was durable.',
    buckets: [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.#registry],
  })
  readonly #batchCommands = new Histogram({
    name: 'messenger_batch_commands',
    help: 'Commands that shared one commit.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    registers: [this.#registry],
  })
  readonly #fanOut = new CountedHistogram({
    name: 'messenger_fan_out',
    help: 'Subscribers of this node to which an event was delivered.',
    buckets: [0, 1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
  })
  readonly #deliverySeconds = new CountedHistogram({
    name: 'messenger_delivery_seconds',
    help: 'From when an event occurred until it was written for a subscriber of this node.',
    buckets: [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  })
  #headsFoundBehind = 0
  #busDropped = 0
  #busIgnored = 0
  #presenceChanges = 0
  #batches = 0
  #commands = 0
  #deferred = 0

  constructor(options: PromMeterOptions) {
    const {
      cursorsBehind,
      commandsWaiting = zero,
      openingsWaiting = zero,
      recentBytes = zero,
      connectedUsers = zero,
      busUp = () => true,
      unhandledRejections = zero,
    } = options
    this.#perTransport(Gauge, 'messenger_connections', 'Open connections.', this.#connections)
    this.#perTransport(Gauge, 'messenger_subscriptions', 'Open subscriptions.', this.#subscriptions)
    const delivered = 'Events that were handed to subscribers.'
    this.#perTransport(Counter, 'messenger_deliveries_total', delivered, this.#deliveries)
    this.#gauge('messenger_cursors_behind', 'Cursors behind the head of their log.', cursorsBehind)
    this.#gauge('messenger_commands_waiting', 'Commands that are not answered yet.', commandsWaiting)
    this.#gauge(
      'messenger_openings_waiting',
      'Streams that wait to be opened, during a reconnect storm.',
      openingsWaiting,
    )
    this.#gauge('messenger_recent_bytes', 'Memory that recent events and their rows take, estimated.', recentBytes)
    this.#countBus(busUp)
    this.#gauge('messenger_connected_users', 'Users with a connection, invisible ones included.', connectedUsers)
    const changes = 'Changes of the presence of users of this node, as others see them.'
    this.#counter('messenger_presence_changes_total', changes, () => this.#presenceChanges)
    const statements = this.#statements
    this.#counter('messenger_store_reads_total', 'Queries that the store answered.', () => statements.read)
    this.#countStatements()
    this.#counter('messenger_store_batches_total', 'Batches of commands that became durable.', () => this.#batches)
    this.#counter('messenger_store_commands_total', 'Commands in those batches.', () => this.#commands)
    const deferred = 'Commands that waited for a lock of another node.'
    this.#counter('messenger_store_deferred_total', deferred, () => this.#deferred)
    const unhandled = 'Unhandled promise rejections. Each is a bug and is logged.'
    this.#counter('messenger_unhandled_rejections_total', unhandled, unhandledRejections)
    this.#countRequests()
    this.#countClosings()
    this.#countLimits()
    collectDefaultMetrics({ register: this.#registry, prefix: 'messenger_' })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** All metrics in Prometheus' text format. */
  async render(): Promise<string> {
    return [await this.#registry.metrics(), this.#fanOut.render(), this.#deliverySeconds.render()].join('\n')
  }

  connectionOpened(transport: TransportName): void {
    this.#connections[transport] += 1
  }

  connectionClosed(transport: TransportName): void {
    this.#connections[transport] -= 1
  }

  subscriptionOpened(transport: TransportName): void {
    this.#subscriptions[transport] += 1
  }

  subscriptionClosed(transport: TransportName): void {
    this.#subscriptions[transport] -= 1
  }

  delivered(transport: TransportName, count: number): void {
    this.#deliveries[transport] += count
  }

  committed(commands: number, seconds: number): void {
    this.#batches += 1
    this.#commands += commands
    this.#commitSeconds.observe(Math.max(0, seconds))
    this.#batchCommands.observe(commands)
  }

  presenceChanged(): void {
    this.#presenceChanges += 1
  }

  deferred(commands: number): void {
    this.#deferred += commands
  }

  fannedOut(subscribers: number, events: number): void {
    this.#fanOut.observe(subscribers, events)
  }

  deliveredAfter(seconds: number): void {
    this.#deliverySeconds.observe(Math.max(0, seconds))
  }

  closed(transport: TransportName, code: number): void {
    let byCode = this.#closings.get(transport)
    if (byCode === undefined) {
      byCode = new Map()
      this.#closings.set(transport, byCode)
    }
    byCode.set(code, (byCode.get(code) ?? 0) + 1)
  }

  headsFoundBehind(count: number): void {
    this.#headsFoundBehind += count
  }

  busDropped(count: number): void {
    this.#busDropped += count
  }

  busIgnored(count: number): void {
    this.#busIgnored += count
  }

  storeStatements(kind: StatementKind, count: number): void {
    this.#statements[kind] += count
  }

  request(operation: string, code: string): void {
    let byCode = this.#requests.get(operation)
    if (byCode === undefined) {
      byCode = new Map()
      this.#requests.set(operation, byCode)
    }
    byCode.set(code, (byCode.get(code) ?? 0) + 1)
  }

  limitReached(limit: LimitName): void {
    this.#limitsReached.set(limit, (this.#limitsReached.get(limit) ?? 0) + 1)
  }

  #perTransport(kind: typeof Gauge | typeof Counter, name: string, help: string, counts: PerTransport): void {
    new kind({
      name,
      help,
      labelNames: ['transport'],
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc({ transport: 'graphql' }, counts.graphql)
        this.inc({ transport: 'websocket' }, counts.websocket)
      },
    })
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read())
      },
    })
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  }

  #countBus(busUp: () => boolean): void {
    this.#gauge('messenger_bus_up', '1 while announcements reach the other nodes, 0 while not.', () => Number(busUp()))
    this.#counter(
      'messenger_heads_found_behind_total',
      'Logs that were found to have grown without an announcement to this node.',
      () => this.#headsFoundBehind,
    )
    this.#counter(
      'messenger_bus_dropped_total',
      'Announcements that were not sent to the other nodes.',
      () => this.#busDropped,
    )
    this.#counter(
      'messenger_bus_ignored_total',
      'Messages on the bus that had an invalid form or signature.',
      () => this.#busIgnored,
    )
  }

  #countStatements(): void {
    const statements = this.#statements
    new Counter({
      name: 'messenger_store_statements_total',
      help: 'Statements that the store ran: single reads, and those of batches.',
      labelNames: ['kind'],
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc({ kind: 'read' }, statements.read)
        this.inc({ kind: 'write' }, statements.write)
      },
    })
  }

  #countClosings(): void {
    const closings = this.#closings
    new Counter({
      name: 'messenger_closings_total',
      help: 'Connections that the server closed, by WebSocket close code.',
      labelNames: ['transport', 'code'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [transport, byCode] of closings)
          for (const [code, count] of byCode) this.inc({ transport, code }, count)
      },
    })
  }

  #countLimits(): void {
    const reached = this.#limitsReached
    new Counter({
      name: 'messenger_limit_refusals_total',
      help: 'Refusals because of a limit, by its name.',
      labelNames: ['limit'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [limit, count] of reached) this.inc({ limit }, count)
      },
    })
  }

  #countRequests(): void {
    const requests = this.#requests
    new Counter({
      name: 'messenger_requests_total',
      help: 'Operations that were answered, by OK or the error code.',
      labelNames: ['operation', 'code'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [operation, byCode] of requests)
          for (const [code, count] of byCode) this.inc({ operation, code }, count)
      },
    })
  }
}
