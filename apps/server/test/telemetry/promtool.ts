import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { it } from 'vitest'
import { skipWithout } from '../support/system-programs.ts'

const program = process.env.PROMTOOL ?? 'promtool'
const works = spawnSync(program, ['--version']).status === 0

/** As `it`. Skipped where promtool is not installed, but not in CI. */
export const itWithPromtool = it.skipIf(skipWithout('promtool', works))

/** Rejects with what it complains of. */
export const runPromtool = async (args: readonly string[], cwd: string): Promise<string> =>
  (await promisify(execFile)(program, [...args], { cwd })).stdout
