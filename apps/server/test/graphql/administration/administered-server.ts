import { request, type Variables } from '../../e2e/server/graphql-request.ts'
import { tokenFor } from '../../e2e/server/running-server.ts'
import { WholeServer } from '../../hostile/clients/whole-server.ts'

/** The scope of a token: of users, of this server's administrators, of an application's server. */
export type Scope = 'user' | 'admin' | 'service'

const scopes: Readonly<Record<Scope, object>> = {
  user: {},
  admin: { scope: 'messenger:admin' },
  service: { scope: 'messenger:service' },
}

type Data = Readonly<Record<string, unknown>>

/** The data of an operation, or the code of its error. */
export type Outcome = { readonly data: Data } | { readonly code: string | undefined; readonly field?: unknown }

/** A whole server, and requests to it by users with tokens of any scope. */
export class AdministeredServer implements AsyncDisposable {
  readonly server: WholeServer

  private constructor(server: WholeServer) {
    this.server = server
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<AdministeredServer> {
    return new AdministeredServer(await WholeServer.start(environment))
  }

  async ask(name: string, query: string, variables: Variables = {}, scope: Scope = 'user'): Promise<Outcome> {
    const token = await tokenFor(name, { name, ...scopes[scope] })
    const { data, errors } = await request<Data>(this.server.url, token, query, variables)
    const [error] = errors
    if (error !== undefined) return { code: error.extensions?.code, field: error.extensions?.field }
    return { data: data ?? {} }
  }

  /** The field of a mutation with one input. */
  async mutate(name: string, mutation: string, input: object, selection: string, scope: Scope = 'user') {
    const type = `${mutation.slice(0, 1).toUpperCase()}${mutation.slice(1)}Input`
    const query = `mutation($input: ${type}!) { ${mutation}(input: $input) { ${selection} } }`
    const outcome = await this.ask(name, query, { input }, scope)
    return 'data' in outcome ? outcome.data[mutation] : outcome
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}
