import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const cspell = fileURLToPath(import.meta.resolve('cspell/bin'))
// Keyed by content, so that a checkout of another commit does not read what it has read before.
const cache = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/cspell']

/** One line for each word that is in no dictionary. Throws if cspell itself fails. */
export const misspelledIn = (files: readonly string[]): readonly string[] => {
  const options = ['lint', '--no-progress', '--no-summary', '--no-color', ...cache, '--file-list', 'stdin']
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [cspell, ...options], {
    input: files.join('\n'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) throw error
  // 1 is how it ends when it has found words.
  if (status !== 0 && status !== 1) throw new Error(`cspell failed: ${stderr}`)
  return stdout.split('\n').filter(line => line !== '')
}
