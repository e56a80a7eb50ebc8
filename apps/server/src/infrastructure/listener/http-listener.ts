import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import type { Logger } from '../../services/telemetry/logger.ts'
import { errorTable } from '../errors/error-table.ts'
import { reportInternalError } from '../errors/internal-error.ts'
import { answerError, answerRaw } from '../http/answers.ts'
import { planDrain } from '../http/drain-plan.ts'
import type { RequestHandler, Transport, UpgradeHandler } from '../http/transport.ts'
import { TrustedProxies } from '../network/trusted-proxies.ts'
import { OpenSockets } from './open-sockets.ts'
import { type AllowedOrigins, isPreflight, OriginPolicy } from './origin-policy.ts'

/** The most connections that wait to be accepted. Further ones are dropped, and their clients retry after some seconds. */
const backlog = 4096

/** Timeouts for clients, in milliseconds. */
interface HttpTimeouts {
  /** Until the headers of a request are received. */
  readonly headers: number
  /** Until the whole request is received. The time of its response does not count. */
  readonly request: number
  /** Between two requests. */
  readonly keepAlive: number
  /** Without reading any of its answer. Event streams and WebSockets have timeouts of their own. */
  readonly idle: number
  /** Between two checks of the first two timeouts. */
  readonly check: number
}

const usualTimeouts: HttpTimeouts = { headers: 10_000, request: 30_000, keepAlive: 65_000, idle: 60_000, check: 5000 }

export interface HttpListenerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** The name of the port's setting, for error messages. */
  readonly portSetting?: string
  readonly timeouts?: Partial<HttpTimeouts>
  readonly allowedOrigins: AllowedOrigins
  /** If absent, forwarded hosts and schemes are ignored. */
  readonly proxies?: TrustedProxies
  readonly transports: readonly Transport[]
  /** Routes in addition to those of the transports. */
  readonly routes: ReadonlyMap<string, RequestHandler>
  readonly log: Logger
}

/** The server cannot listen on the address; the message says why in one line. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

const reasonOf = (error: NodeJS.ErrnoException, setting: string): string => {
  switch (error.code) {
    case 'EADDRINUSE':
      return `another process uses it already. Stop that process, or choose another ${setting}`
    case 'EACCES':
      return `this user may not listen there. Choose a ${setting} from 1024 up`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Choose another HOST'
    default:
      return error.message
  }
}

const pathOf = (request: IncomingMessage): string => {
  const url = request.url ?? '/'
  if (!url.startsWith('/')) return URL.parse(url)?.pathname ?? url
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

const mergeRoutes = <Handler>(maps: readonly ReadonlyMap<string, Handler>[]): ReadonlyMap<string, Handler> => {
  const merged = new Map<string, Handler>()
  for (const [path, handler] of maps.flatMap(map => [...map])) {
    if (merged.has(path)) throw new TypeError(`two handlers for ${path}`)
    merged.set(path, handler)
  }
  return merged
}

/** The HTTP server: one port on which all transports are served. */
export class HttpListener {
  readonly #options: HttpListenerOptions
  readonly #requests: ReadonlyMap<string, RequestHandler>
  readonly #upgrades: ReadonlyMap<string, UpgradeHandler>
  readonly #origins: OriginPolicy
  readonly #server: Server
  readonly #sockets: OpenSockets
  #drained: Promise<void> | undefined
  #closing = false

  private constructor(options: HttpListenerOptions) {
    this.#options = options
    const { allowedOrigins, proxies = new TrustedProxies() } = options
    this.#origins = new OriginPolicy({ allowed: allowedOrigins, proxies })
    this.#requests = mergeRoutes([options.routes, ...options.transports.map(transport => transport.requests)])
    this.#upgrades = mergeRoutes(options.transports.map(transport => transport.upgrades))
    const timeouts = { ...usualTimeouts, ...options.timeouts }
    this.#server = createServer({
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: timeouts.keepAlive,
      connectionsCheckingInterval: timeouts.check,
      shouldUpgradeCallback: request => request.headers.upgrade?.toLowerCase() === 'websocket',
    })
    this.#server.setTimeout(timeouts.idle)
    this.#sockets = new OpenSockets(this.#server)
    this.#server.on('request', (request, response) => void this.#answer(request, response))
    // The handler that reads the body sends `100 Continue`.
    this.#server.on('checkContinue', (request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('clientError', (error, socket) => this.#refuseGarbage(error, socket))
  }

  /** Rejects with a `ListenError` if the server cannot listen on the address. */
  static async listen(options: HttpListenerOptions): Promise<HttpListener> {
    const listener = new HttpListener(options)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    listener.#server.once('error', reject)
    listener.#server.listen({ host: options.host, port: options.port, backlog }, resolve)
    try {
      await promise
    } catch (cause) {
      const reason = cause instanceof Error ? reasonOf(cause, options.portSetting ?? 'PORT') : String(cause)
      throw new ListenError(`Cannot listen on ${options.host}:${options.port}: ${reason}.`, { cause })
    }
    listener.#server.off('error', reject)
    listener.#server.on('error', error => options.log.error({ error }, 'the listening socket failed'))
    return listener
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : this.#options.port
  }

  /** A URL of the server for this machine. */
  get url(): string {
    const { host } = this.#options
    const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
    return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${this.port}`
  }

  /** The server is shutting down. It may still serve for a while. */
  get draining(): boolean {
    return this.#drained !== undefined
  }

  /**
   * Keeps serving for `noticeMs`, so that load balancers see at `/readyz` that it is draining. Then accepts no new
   * connection, drains each transport and answers the requests that have begun. Resolves when all connections are closed,
   * and no later than `deadlineMs` after the notice, when the rest is cut.
   */
  drain(deadlineMs: number, noticeMs = 0): Promise<void> {
    this.#drained ??= this.#drain(deadlineMs, noticeMs)
    return this.#drained
  }

  async #drain(deadlineMs: number, noticeMs: number): Promise<void> {
    if (noticeMs > 0) await after(noticeMs)
    this.#closing = true
    this.#server.close()
    const { transports, log } = this.#options
    const connections = transports.reduce((sum, transport) => sum + transport.connections, 0)
    const plan = planDrain(connections, deadlineMs)
    // Without a drain notice the server was never started.
    if (deadlineMs > 0) log.info({ connections, ...plan }, 'draining')
    const timer = new AbortController()
    const deadline = after(deadlineMs, undefined, { signal: timer.signal }).catch(() => undefined)
    const drains = transports.map(async transport => transport.drain(plan))
    for (const outcome of await Promise.race([Promise.allSettled(drains), deadline.then(() => [])]))
      if (outcome.status === 'rejected') log.error({ error: outcome.reason }, 'a transport did not drain')
    await Promise.race([this.#sockets.closeIdle(), deadline])
    timer.abort()
    this.#sockets.cut()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { log } = this.#options
    this.#sockets.answering(request, response)
    // Do not wait for the rest of a body that no handler reads.
    response.once('finish', () => {
      if (!request.complete) request.socket.destroySoon()
    })
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('X-Frame-Options', 'DENY')
    response.setHeader('Referrer-Policy', 'no-referrer')
    if (this.#closing) response.setHeader('Connection', 'close')
    this.#origins.allow(request, response)
    if (isPreflight(request)) return this.#origins.answerPreflight(request, response)
    const handler = this.#requests.get(pathOf(request))
    if (handler === undefined) {
      answerError(response, 404, { code: 'NOT_FOUND', message: 'There is nothing at this path.' })
      return
    }
    try {
      await handler(request, response)
    } catch (error) {
      const internal = reportInternalError(error, log, 'a request failed', { path: pathOf(request) })
      if (response.headersSent) response.destroy()
      else answerError(response, errorTable.INTERNAL.httpStatus, internal)
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request)
    const handler = this.#upgrades.get(path)
    if (this.#closing)
      answerRaw(socket, 503, { code: 'UNAVAILABLE', message: 'The server is shutting down. Retry in a moment.' })
    else if (!this.#origins.mayConnect(request))
      answerRaw(socket, 403, {
        code: 'FORBIDDEN',
        message: 'Pages of this origin may not connect. Add it to ALLOWED_ORIGINS on the server.',
      })
    else if (handler !== undefined) this.#handOver(handler, request, socket, head)
    else if (this.#requests.has(path))
      answerRaw(socket, 400, { code: 'BAD_USER_INPUT', message: 'This path does not serve WebSockets.' })
    else answerRaw(socket, 404, { code: 'NOT_FOUND', message: 'There is nothing at this path.' })
  }

  #handOver(handler: UpgradeHandler, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handOver(socket)
    try {
      handler(request, socket, head)
    } catch (error) {
      this.#options.log.error({ error, path: pathOf(request) }, 'an upgrade failed')
      socket.destroy()
    }
  }

  #refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === 'ECONNRESET' || this.#sockets.isAnswering(socket)) socket.destroy()
    else if (error.code === 'HPE_HEADER_OVERFLOW')
      answerRaw(socket, 431, { code: 'BAD_USER_INPUT', message: 'The headers are over 16 KiB.' })
    else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
      answerRaw(socket, 408, { code: 'BAD_USER_INPUT', message: 'The request took too long.' })
    else answerRaw(socket, 400, { code: 'BAD_USER_INPUT', message: 'This is not HTTP/1.1.' })
  }
}
