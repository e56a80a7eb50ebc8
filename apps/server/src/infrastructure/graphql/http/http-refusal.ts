import { type ErrorCode, Refusal } from '@cpc-messenger/messenger'

interface HttpRefusalOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly code?: ErrorCode
}

/** A request that is refused because of its HTTP method, headers or body, not its operation. */
export class HttpRefusal extends Refusal {
  override readonly name = 'HttpRefusal'
  readonly status: 400 | 405 | 406 | 415
  readonly headers: Readonly<Record<string, string>>

  constructor(status: HttpRefusal['status'], message: string, { headers = {}, code }: HttpRefusalOptions = {}) {
    super(code ?? 'BAD_USER_INPUT', message)
    this.status = status
    this.headers = headers
  }
}
