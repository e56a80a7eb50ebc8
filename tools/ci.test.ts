import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, it, vi } from 'vitest'
import { skipWithout, systemPrograms } from '../apps/server/test/support/system-programs.ts'

const run = promisify(execFile)
const script = fileURLToPath(new URL('../.ci/run', import.meta.url))

it('the script of CI sets CI, so that a skipped test is a failure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ci-'))
  try {
    for (const name of ['npm', 'apt-get']) {
      await writeFile(join(folder, name), `#!/bin/sh\necho "CI=$CI ${name} $*"\n`)
      await chmod(join(folder, name), 0o755)
    }
    const { CI: _, ...env } = process.env
    const { stdout } = await run(script, { env: { ...env, PATH: `${folder}${delimiter}${env.PATH}` } })
    expect(stdout).toContain('CI=true npm run check\n')
  } finally {
    await rm(folder, { recursive: true })
  }
})

afterEach(() => void vi.unstubAllEnvs())

const names = Object.keys(systemPrograms) as readonly (keyof typeof systemPrograms)[]

it.each(names)('without %s a test says in one line what to install: in CI it fails, elsewhere it is skipped', name => {
  const line = new RegExp(
    `^${name} is not on this machine, or does not work: apt-get install ${systemPrograms[name].debian}[^\n]*$`,
  )
  vi.stubEnv('CI', 'true')
  expect(() => skipWithout(name, false)).toThrow(line)
  expect(skipWithout(name, true)).toBe(false)
  vi.stubEnv('CI', '')
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  expect(skipWithout(name, false)).toBe(true)
  expect(warned.mock.calls).toEqual([[expect.stringMatching(/^SKIPPED: [^\n]+apt-get install [^\n]+$/)]])
  warned.mockRestore()
})

it('the script of CI installs every program that tests need and npm does not install', async () => {
  const text = await readFile(script, 'utf8')
  const installed = [...text.matchAll(/missing\+=\((\S+)\)/g)].map(([, name]) => name)
  expect(installed.sort()).toEqual(
    Object.values(systemPrograms)
      .map(({ debian }) => debian)
      .sort(),
  )
})
