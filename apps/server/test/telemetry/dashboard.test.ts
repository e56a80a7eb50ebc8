import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { RunningServer } from '../e2e/server/running-server.ts'
import { itWithPromtool, runPromtool } from './promtool.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const textOf = (file: string): Promise<string> => readFile(join(root, file), 'utf8')

const datasource = z.object({ type: z.literal('prometheus'), uid: z.string().regex(/^\$\{datasource\}$/) })
const place = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() })
const row = z.object({ type: z.literal('row'), id: z.number(), title: z.string(), gridPos: place })
const panel = z.object({
  type: z.enum(['stat', 'timeseries']),
  id: z.number(),
  title: z.string().min(1),
  gridPos: place,
  datasource,
  fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }),
  targets: z.array(z.object({ refId: z.string(), datasource, expr: z.string().min(1) })).min(1),
})
const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.number().min(39),
  panels: z.array(z.discriminatedUnion('type', [row, panel])),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
})
type Panel = z.infer<typeof panel>

const alertsSchema = z.object({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Messenger[A-Z]/),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
          annotations: z.strictObject({ summary: z.string().min(20), description: z.string().min(80) }),
        }),
      ),
    }),
  ),
})

const readDashboard = async () =>
  dashboardSchema.parse(JSON.parse(await textOf('deploy/grafana/messenger-dashboard.json')))
const readAlerts = async () =>
  alertsSchema.parse(parse(await textOf('deploy/prometheus/alerts.yaml'))).groups.flatMap(({ rules }) => rules)

const isPanel = (candidate: z.infer<typeof row> | Panel): candidate is Panel => candidate.type !== 'row'
const queriesOf = ({ panels }: z.infer<typeof dashboardSchema>): readonly string[] =>
  panels.filter(isPanel).flatMap(({ targets }) => targets.map(({ expr }) => expr))

/** The metrics that a text speaks of. */
const metricsIn = (text: string): readonly string[] =>
  [...text.matchAll(/\bmessenger_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, ''))

describe('the dashboard', () => {
  it('has panels that do not overlap, each with an id of its own', async () => {
    const { panels } = await readDashboard()
    expect(panels.filter(isPanel).length).toBeGreaterThan(20)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
  })

  it('asks the data source and of the nodes that were chosen', async () => {
    const dashboard = await readDashboard()
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['instance', 'query'],
    ])
    for (const query of queriesOf(dashboard))
      for (const [selector] of query.matchAll(/messenger_[a-z0-9_]+(?:\{[^}]*\})?/g))
        expect(selector).toContain('instance=~"$instance"')
  })
})

describe('the alerts', () => {
  it('say each what to do, and are each of a name of its own', async () => {
    const alerts = await readAlerts()
    expect(alerts.length).toBeGreaterThan(8)
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length)
  })

  itWithPromtool('fire when they should and else not, by Prometheus itself', async () => {
    const folder = join(root, 'deploy/prometheus')
    expect(await runPromtool(['check', 'rules', 'alerts.yaml'], folder)).toContain('SUCCESS')
    expect(await runPromtool(['test', 'rules', 'alerts-test.yaml'], folder)).toContain('SUCCESS')
  })
})

describe('what is asked of Prometheus', () => {
  it('is counted by a running server', async () => {
    await using server = await RunningServer.start()
    const served = await (await fetch(`${server.url}/metrics`)).text()
    const known = new Set([...served.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    const asked = new Set([
      ...queriesOf(await readDashboard()).flatMap(metricsIn),
      ...(await readAlerts()).flatMap(({ expr, annotations }) => [expr, annotations.description].flatMap(metricsIn)),
      ...metricsIn(await textOf('docs/observability.md')),
    ])
    expect(asked.size).toBeGreaterThan(25)
    expect([...asked].filter(name => !known.has(name))).toEqual([])
  })

  itWithPromtool('is PromQL, by Prometheus itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'promtool-'))
    try {
      const queries = queriesOf(await readDashboard()).map(query =>
        query.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'),
      )
      const rules = queries.map((expr, index) => ({ record: `asked_${index}`, expr }))
      await writeFile(join(folder, 'rules.yaml'), stringify({ groups: [{ name: 'asked', rules }] }))
      expect(await runPromtool(['check', 'rules', 'rules.yaml'], folder)).toContain(`${queries.length} rules found`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
