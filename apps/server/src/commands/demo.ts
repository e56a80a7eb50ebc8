import { parseUserId } from '@cpc-messenger/messenger'
import { keyPlaceOf } from '../database.ts'
import { loadOwnKey } from '../infrastructure/auth/own-key.ts'
import { ownSigner, secretSigner, signToken, type TokenSigner } from '../infrastructure/auth/sign-token.ts'
import { type CliCommand, readOptions, UsageError } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'
import { GraphQLClient } from './demo/graphql-client.ts'
import { type Clients, play } from './demo/play.ts'
import { cast, nameOf, type Person, scenes } from './demo/script.ts'
import { nextCommand, passwordHint } from './next-command.ts'

const usage = 'messenger demo [--url http://127.0.0.1:4000] [--token-secret SECRET]'
const options = {
  url: { type: 'string', default: 'http://127.0.0.1:4000' },
  'token-secret': { type: 'string' },
  ...databaseOption,
} as const

const clientsFor = async (url: string, signer: TokenSigner): Promise<Clients> => {
  const clients = new Map<Person, GraphQLClient>()
  for (const person of cast) {
    const userId = parseUserId(person)
    if (userId === undefined) throw new TypeError(`${person} is not a user id`)
    const claims = { userId, name: nameOf[person], issuedAt: Date.now(), ttlSeconds: 600 }
    clients.set(person, new GraphQLClient(url, await signToken(signer, claims)))
  }
  return clients
}

/** Fills a running server with demo data through its public API. A second run adds nothing. */
export const demo: CliCommand = async argv => {
  const values = readOptions(argv, options, usage)
  if (!/^https?:\/\//.test(values.url) || !URL.canParse(values.url))
    throw new UsageError(`--url is not an http URL. Usage: ${usage}`)
  const secret = values['token-secret']
  const signer =
    secret === undefined
      ? ownSigner(await loadOwnKey(await keyPlaceOf(settingsFor(values).database)))
      : secretSigner(secret)
  const { conversations, messages } = await play(await clientsFor(values.url, signer), scenes)
  console.log(
    `${messages} messages in ${conversations} conversations of ${cast.map(person => nameOf[person]).join(', ')}.`,
  )
  console.log(`See them as one of the six: ${nextCommand('token --user alice', values['database-url'])}`)
  for (const line of passwordHint(values['database-url'])) console.log(line)
  return 0
}
