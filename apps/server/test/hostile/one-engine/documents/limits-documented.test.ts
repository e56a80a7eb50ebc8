import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { caps, connectionRates, rateLimitNames, rateLimits } from '../../../../src/services/limits/limit-table.ts'

const page = readFileSync(new URL('../../../../../../docs/operating.md', import.meta.url), 'utf8')
const [, section = ''] = page.split('\n## Limits\n')
const rows = (section.split('\n## ')[0] ?? '')
  .split('\n')
  .filter(line => /^\| (?:`|fixed)/.test(line))
  .map(line => line.split('|').map(cell => cell.trim().replaceAll('`', '')))

it('docs/operating.md has every limit as the table in the code has it', () => {
  const ofRates = rateLimitNames.map(name => {
    const { variable, perSecond, burst, per, counts } = rateLimits[name]
    return [variable, `${perSecond}/${burst}`, per, counts]
  })
  const ofConnections = Object.values(connectionRates).map(({ perSecond, burst, counts }) => [
    'fixed',
    `${perSecond}/${burst}`,
    'connection',
    counts,
  ])
  const ofCaps = Object.values(caps).map(cap => [
    'variable' in cap ? cap.variable : 'fixed',
    String(cap.max),
    cap.bounds,
  ])
  expect(rows.map(cells => cells.slice(1, -1))).toEqual([...ofRates, ...ofConnections, ...ofCaps])
})
