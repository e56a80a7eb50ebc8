import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { describeSettings } from '../../../src/settings.ts'
import { Deployment } from '../../support/deployment.ts'

const page = await readFile(new URL('../../../../../docs/operating.md', import.meta.url), 'utf8')

/** The cells of the table under a heading, without its head. */
const tableUnder = (heading: string): readonly (readonly string[])[] => {
  const section = page.split(/^## /m).find(text => text.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  return rows.slice(2).map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
const column = (heading: string): readonly string[] => tableUnder(heading).flatMap(([first = '']) => quoted(first))

/** What `--help` says of each variable, by its name. */
const settings = new Map(
  describeSettings()
    .split('\n')
    .map(line => [line.trim().split(' ')[0] ?? '', line]),
)

describe('docs/operating.md', () => {
  it('names settings that there are, with the defaults that they have', () => {
    const rows = tableUnder('Settings')
    expect(rows.length).toBeGreaterThan(5)
    for (const [names = '', written = ''] of rows) {
      const [fallback] = quoted(written)
      for (const name of quoted(names)) {
        const line = settings.get(name)
        expect(line, `${name} is not a setting`).toBeDefined()
        expect(/ \[(.+)\]$/.exec(line ?? '')?.[1], `the default of ${name}`).toBe(fallback)
      }
    }
  })

  it('names endpoints that answer and metrics that are counted', async () => {
    await using server = await Deployment.start()
    const paths = column('Endpoints')
    expect(paths).toContain('/readyz')
    for (const path of paths) {
      const { status } = await fetch(`${server.url}${path}`, { headers: { accept: 'text/html' } })
      expect([path, status]).toEqual([path, path === '/ws' ? 426 : 200])
    }
    const counted = await (await fetch(`${server.url}/metrics`)).text()
    const metrics = column('What to watch').map(name => name.replace(/\{.*/, ''))
    expect(metrics).toContain('messenger_commit_seconds')
    expect(metrics.filter(name => !counted.includes(`# TYPE ${name} `))).toEqual([])
  })
})
