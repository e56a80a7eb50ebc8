import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../../../bin/messenger.js', import.meta.url))

const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''
const isOlder = (node: string): boolean => Number(/^v(\d+)\./.exec(versionOf(node))?.[1] ?? Number.NaN) < 24

const folders = ['/usr/bin', '/usr/local/bin', ...(process.env.PATH ?? '').split(delimiter)]
const older = folders.map(folder => join(folder, 'node')).find(isOlder)
if (older === undefined) console.warn('SKIPPED: the start on an older Node, because this machine has none')

describe.skipIf(older === undefined)('an older Node', () => {
  it('prints one line that says what to do, and nothing that it cannot read', () => {
    const { status, stdout, stderr } = spawnSync(older ?? '', [bin, 'serve'], { encoding: 'utf8', env: {} })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^messenger needs Node 24 and this is v[\d.]+\. Run it through npm [^\n]+\n$/)
  })
})
