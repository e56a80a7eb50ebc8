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
    }),
  ),
})

/** What a server installs: neither our own packages, nor what only developing needs, nor another platform's Node. */
const productionPackages = async () => {
  const { packages } = lockfile.parse(
    JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8')),
  )
  return Object.entries(packages).filter(
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
