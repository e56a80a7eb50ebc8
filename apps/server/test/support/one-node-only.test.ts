import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { oneNodeOnly } from './one-node-only.ts'

it('every test that is left out of the cluster exists', () => {
  const missing = [...oneNodeOnly.keys()].filter(file => !existsSync(new URL(`../${file}`, import.meta.url)))
  expect(missing).toEqual([])
})
