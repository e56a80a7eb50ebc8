import { forbidden } from '@cpc-messenger/messenger'
import type { Session } from '../../../../services/identity/sign-in.ts'
import { builder } from '../root/builder.ts'

const RenewAuthenticationInput = builder.inputType('RenewAuthenticationInput', {
  description: 'A fresh token for this connection.',
  fields: t => ({ token: t.string({ required: true, description: 'A valid token of the same user.' }) }),
})

const RenewAuthenticationPayload = builder.objectType(builder.objectRef<Session>('RenewAuthenticationPayload'), {
  description: 'The connection goes on.',
  fields: t => ({
    tokenExpiresAt: t.expose('tokenExpiresAt', {
      type: 'DateTime',
      description: 'When the fresh token runs out, and the connection with it.',
    }),
  }),
})

builder.mutationFields(t => ({
  renewAuthentication: t.field({
    type: RenewAuthenticationPayload,
    nullable: true,
    description:
      'Gives the WebSocket connection that it is sent over a fresh token of the same user, so that subscriptions outlive the token that opened them; any GraphQL client can send it. Over HTTP it is refused.',
    args: { input: t.arg({ type: RenewAuthenticationInput, required: true, description: 'The fresh token.' }) },
    resolve: (_root, { input }, { caller }) => {
      if (caller.renew === undefined)
        throw forbidden('Over HTTP every request brings its own token: send this over a WebSocket.')
      return caller.renew(input.token)
    },
  }),
}))
