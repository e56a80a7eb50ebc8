import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const script = fileURLToPath(new URL('../.ci/run', import.meta.url))

it('what CI runs says that it is CI, whoever starts it: there a skipped test is a failure', async () => {
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
