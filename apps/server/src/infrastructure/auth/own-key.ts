import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import { z } from 'zod'
import { syncFolder } from '../sync-folder.ts'

/** The key that this server signs its own tokens with. */
export interface OwnKey {
  /** The thumbprint of the public part (RFC 7638). */
  readonly kid: string
  readonly publicKey: CryptoKey
  readonly privateKey: CryptoKey
}

export class OwnKeyError extends Error {
  override readonly name = 'OwnKeyError'
}

const keyFile = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() })
type Jwk = z.infer<typeof keyFile>

/** Where the key lies: beside the data that its tokens open. */
export const ownKeyFile = (databaseFile: string): string => join(dirname(databaseFile), 'messenger.key.json')

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

const readKey = async (file: string): Promise<Jwk | undefined> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined
    throw new OwnKeyError(`The server's key cannot be read from ${file}.`, { cause })
  }
  try {
    return keyFile.parse(JSON.parse(text))
  } catch (cause) {
    throw new OwnKeyError(
      `${file} does not hold a server's key: put the right file back, or remove it for a new key.`,
      {
        cause,
      },
    )
  }
}

const writeDurably = async (file: string, text: string): Promise<void> => {
  await using handle = await open(file, 'wx', 0o600)
  await handle.writeFile(text)
  await handle.sync()
}

/**
 * The whole file appears under its name in one step, and only where there is none: of several processes that do this
 * at once, one wins and all read its key.
 */
const makeKey = async (file: string): Promise<void> => {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const draft = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeDurably(draft, `${JSON.stringify(keyFile.parse(await exportJWK(privateKey)))}\n`)
    await link(draft, file)
    await syncFolder(dirname(file))
  } catch (cause) {
    if (!hasCode(cause, 'EEXIST')) throw new OwnKeyError(`The server's key cannot be made as ${file}.`, { cause })
  } finally {
    await rm(draft, { force: true })
  }
}

const importKey = async (jwk: Jwk, use: 'public' | 'private'): Promise<CryptoKey> => {
  const { d, ...open } = jwk
  const key = await importJWK(use === 'public' ? open : { ...open, d }, 'EdDSA')
  if (key instanceof Uint8Array) throw new OwnKeyError('An Ed25519 key came out as bytes.')
  return key
}

/** Reads the key, and makes it where there is none yet. */
export const loadOwnKey = async (file: string): Promise<OwnKey> => {
  let jwk = await readKey(file)
  if (jwk === undefined) {
    await makeKey(file)
    jwk = await readKey(file)
  }
  if (jwk === undefined) throw new OwnKeyError(`${file} was removed while it was made.`)
  try {
    return {
      kid: await calculateJwkThumbprint(jwk),
      publicKey: await importKey(jwk, 'public'),
      privateKey: await importKey(jwk, 'private'),
    }
  } catch (cause) {
    throw new OwnKeyError(`${file} does not hold a usable Ed25519 key.`, { cause })
  }
}
