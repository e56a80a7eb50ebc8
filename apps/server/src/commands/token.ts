import { parseDisplayName, parseUserId } from '@cpc-messenger/messenger'
import { keyPlaceOf } from '../database.ts'
import { type CliCommand, readOptions, UsageError } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'
import { parseDuration } from './duration.ts'

const usage = 'messenger token --user alice [--ttl 1h] [--name "Alice Liddell"]'
const options = {
  user: { type: 'string' },
  ttl: { type: 'string', default: '1h' },
  name: { type: 'string' },
  ...databaseOption,
} as const

/** Prints nothing but a token, so that scripts can use it in `$(…)`. */
export const token: CliCommand = async argv => {
  const values = readOptions(argv, options, usage)
  if (values.user === undefined) throw new UsageError(`--user is missing. Usage: ${usage}`)
  const userId = parseUserId(values.user)
  if (userId === undefined)
    throw new UsageError(
      '--user is not a user id: 1 to 128 ASCII characters without spaces, < and >, not beginning like an id that the server generates (msg_, conv_, …).',
    )
  const ttlSeconds = parseDuration(values.ttl)
  if (ttlSeconds === undefined)
    throw new UsageError('--ttl needs a number and a unit: 45s, 30m, 1h or 7d; ten years at most.')
  if (values.name !== undefined && parseDisplayName(values.name) === undefined)
    throw new UsageError('--name is not a display name: one line of 1 to 100 visible characters.')
  const { database } = settingsFor(values)
  const { loadOwnKey } = await import('../infrastructure/auth/own-key.ts')
  const { ownSigner, signToken } = await import('../infrastructure/auth/sign-token.ts')
  const place = await keyPlaceOf(database)
  const isNew = (await place.read()) === undefined
  const signer = ownSigner(await loadOwnKey(place))
  if (isNew) console.error(`Made a new signing key: ${place.name}. Only servers that use this key accept the token.`)
  const claims = { userId, ttlSeconds, issuedAt: Date.now() }
  const signed = await signToken(signer, values.name === undefined ? claims : { ...claims, name: values.name })
  process.stdout.write(`${signed}\n`)
  return 0
}
