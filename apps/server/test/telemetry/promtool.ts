import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { it } from 'vitest'

const program = process.env.PROMTOOL ?? 'promtool'
const works = spawnSync(program, ['--version']).status === 0
const skipped = !works && process.env.CI === undefined
if (skipped)
  console.warn(
    'SKIPPED: promtool is not here (Debian has it in prometheus; PROMTOOL names another place), so nothing tries the alerts.',
  )

/** As `it`. Skipped where promtool is not installed, but not in CI: there it fails. */
export const itWithPromtool = it.skipIf(skipped)

/** Rejects with what it complains of. */
export const runPromtool = async (args: readonly string[], cwd: string): Promise<string> =>
  (await promisify(execFile)(program, [...args], { cwd })).stdout
