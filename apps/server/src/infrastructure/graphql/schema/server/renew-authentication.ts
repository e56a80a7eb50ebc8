import { forbidden } from '@cpc-messenger/messenger'
import type { Session } from '../../../../services/identity/sign-in.ts'
import { builder } from '../root/builder.ts'

const RenewAuthenticationInput = builder.inputType('RenewAuthenticationInput', {
  description: 'A new token for this connection.',
  fields: t => ({ token: t.string({ required: true, description: 'A valid token of the same user.' }) }),
})

const RenewAuthenticationPayload = builder.objectType(builder.objectRef<Session>('RenewAuthenticationPayload'), {
  description: 'The connection continues.',
  fields: t => ({
    tokenExpiresAt: t.expose('tokenExpiresAt', {
      type: 'DateTime',
      description: 'When the new token expires; the connection closes then.',
    }),
  }),
})

builder.mutationFields(t => ({
  renewAuthentication: t.field({
    type: RenewAuthenticationPayload,
    nullable: true,
    description:
      'Renews the token of the WebSocket connection over which it is sent, with a new token of the same user, so that subscriptions outlive the token with which they were opened. Over HTTP it is refused.',
    args: { input: t.arg({ type: RenewAuthenticationInput, required: true, description: 'The new token.' }) },
    resolve: (_root, { input }, { caller }) => {
      if (caller.renew === undefined)
        throw forbidden('This is only for WebSocket connections: over HTTP, send the new token with each request.')
      return caller.renew(input.token)
    },
  }),
}))
