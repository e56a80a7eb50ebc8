import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Session } from '../../../services/identity/sign-in.ts'
import { bearerToken } from '../../http/bearer-token.ts'
import { headerOf } from '../../http/request-headers.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'

interface Authenticated {
  readonly authorization: string
  readonly onBehalfOf: string | undefined
  readonly session: Session
}

/** Authenticates requests. The last session of each connection is cached, because most clients send the same token again. */
export class HttpSessions {
  readonly #dependencies: Pick<GraphQLDependencies, 'signIn' | 'proxies' | 'clock'>
  readonly #last = new WeakMap<Socket, Authenticated>()

  constructor(dependencies: Pick<GraphQLDependencies, 'signIn' | 'proxies' | 'clock'>) {
    this.#dependencies = dependencies
  }

  /** Undefined without a token. */
  of(request: IncomingMessage): Session | undefined | Promise<Session> {
    const authorization = headerOf(request, 'authorization')
    if (authorization === undefined) return undefined
    const onBehalfOf = headerOf(request, 'messenger-on-behalf-of')
    const last = this.#last.get(request.socket)
    const isSame = last?.authorization === authorization && last.onBehalfOf === onBehalfOf
    if (isSame && last.session.tokenExpiresAt > this.#dependencies.clock.now()) return last.session
    return this.#authenticate(request, authorization, onBehalfOf)
  }

  async #authenticate(
    request: IncomingMessage,
    authorization: string,
    onBehalfOf: string | undefined,
  ): Promise<Session> {
    const { signIn, proxies } = this.#dependencies
    const from = proxies && (() => proxies.blockOf(request))
    const session = await signIn.byToken(bearerToken(authorization) ?? '', onBehalfOf, from)
    this.#last.set(request.socket, { authorization, onBehalfOf, session })
    return session
  }
}
