import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { z } from 'zod'

const lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      link: z.boolean().optional(),
      os: z.union([z.string(), z.array(z.string())]).optional(),
      hasInstallScript: z.boolean().optional(),
      version: z.string().optional(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
    }),
  ),
})

const readLock = async () =>
  lockfile.parse(JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'))).packages

/** The packages that a server installs: without our own, those for development, and Node for other platforms. */
const productionPackages = async () => {
  return Object.entries(await readLock()).filter(
    ([path, { dev, link, os }]) =>
      path.startsWith('node_modules/') && dev !== true && link !== true && (os === undefined || os.includes('linux')),
  )
}

it('a server installs fewer than a hundred packages', async () => {
  const packages = await productionPackages()
  expect(packages.length).toBeGreaterThan(20)
  expect(packages.length).toBeLessThan(100)
})

it('none of them runs a script when it is installed: nothing is compiled', async () => {
  const packages = await productionPackages()
  expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)).toEqual([])
})

it('the lock holds a strong hash for every package, of every platform, and takes none from elsewhere than the registry', async () => {
  const locked = Object.entries(await readLock()).filter(
    ([path, { link }]) => /(^|\/)node_modules\//.test(path) && !link,
  )
  expect(locked.length).toBeGreaterThan(100)
  const unsafe = locked.filter(
    ([, { integrity = '', resolved = '' }]) =>
      !/^sha512-[\w+/]{86}==$/.test(integrity) || !/^(https:\/\/registry\.npmjs\.org\/|$)/.test(resolved),
  )
  expect(unsafe.map(([path, { version, resolved }]) => [path, version, resolved])).toEqual([])
})
