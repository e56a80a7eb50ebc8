import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import { z } from 'zod'

/** The key with which this server signs its own tokens. */
export interface OwnKey {
  /** The thumbprint of the public key (RFC 7638). */
  readonly kid: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

export class OwnKeyError extends Error {
  override readonly name = 'OwnKeyError'
}

const jwkForm = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() })
type Jwk = z.infer<typeof jwkForm>

/** Where a key is stored. */
export interface KeyPlace {
  /** Its name in messages to operators. */
  readonly name: string
  /** Undefined if there is no key yet. */
  read(): Promise<string | undefined>
  /** Stores the key durably if there is none. If several callers do so at once, one succeeds and all read its key. */
  keepFirst(text: string): Promise<void>
}

const readKey = async (place: KeyPlace): Promise<Jwk | undefined> => {
  const text = await place.read()
  if (text === undefined) return undefined
  try {
    return jwkForm.parse(JSON.parse(text))
  } catch (cause) {
    throw new OwnKeyError(
      `${place.name} does not hold a server's key: put the right one back, or remove it for a new one.`,
      { cause },
    )
  }
}

const makeKey = async (place: KeyPlace): Promise<void> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  await place.keepFirst(`${JSON.stringify(jwkForm.parse(await exportJWK(privateKey)))}\n`)
}

const importKey = async (jwk: Jwk, use: 'public' | 'private'): Promise<CryptoKey> => {
  const { d, ...open } = jwk
  const key = await importJWK(use === 'public' ? open : { ...open, d }, 'EdDSA')
  if (key instanceof Uint8Array) throw new OwnKeyError('The imported Ed25519 key is not a CryptoKey.')
  return key
}

/** Reads the key, or creates it if there is none. */
export const loadOwnKey = async (place: KeyPlace): Promise<OwnKey> => {
  let jwk = await readKey(place)
  if (jwk === undefined) {
    await makeKey(place)
    jwk = await readKey(place)
  }
  if (jwk === undefined) throw new OwnKeyError(`${place.name} was removed while it was being created. Start again.`)
  try {
    return {
      kid: await calculateJwkThumbprint(jwk),
      publicKey: await importKey(jwk, 'public'),
      privateKey: await importKey(jwk, 'private'),
    }
  } catch (cause) {
    throw new OwnKeyError(`${place.name} does not hold a usable Ed25519 key.`, { cause })
  }
}
