import { existsSync, readFileSync } from 'node:fs'
import { errorCodes } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { help } from '../../src/commands/help.ts'
import { PromMeter } from '../../src/infrastructure/telemetry/prom-meter.ts'
import { describeSettings } from '../../src/settings.ts'
import { commandsNotImplemented, settingsNotImplemented } from './not-implemented.ts'

const contract = readFileSync(new URL('http.md.txt', import.meta.url), 'utf8')
const original = new URL('../../../../../shared/contract/http.md', import.meta.url)

const sorted = (names: Iterable<string>) => [...new Set(names)].toSorted()

/** The text under this heading, up to the next one. */
const section = (heading: string): string => contract.split(`\n## ${heading}`)[1]?.split('\n## ')[0] ?? ''

const firstCells = (text: string): readonly string[] =>
  [...text.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell)

/** Settings that have no row of their own. */
const namedInMeanings = ['GRAPHIQL', 'INTROSPECTION', 'RATE_LIMIT_SIGN_INS']

/** `RATE_LIMIT_REQUESTS`, `_SENDS` names two variables of one prefix. */
const settingsOf = (text: string): readonly string[] =>
  firstCells(text).flatMap(cell =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => (name.startsWith('_') ? `RATE_LIMIT${name}` : name)),
  )

const printedHelp = async (): Promise<string> => {
  const written: string[] = []
  const write = process.stdout.write
  process.stdout.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0
  try {
    await help([])
  } finally {
    process.stdout.write = write
  }
  return written.join('')
}

it('the copy of the contract is the contract', ({ skip }) => {
  if (!existsSync(original)) skip('the contract is not beside this checkout')
  expect(contract).toBe(readFileSync(original, 'utf8'))
})

describe('What http.md promises is served, or is in a list of what is not implemented yet:', () => {
  it('settings', () => {
    const served = [...describeSettings().matchAll(/^ {2}(\w+)/gm)].map(([, name = '']) => name)
    const listed = sorted([...settingsOf(section('Settings')), ...namedInMeanings])
    const missing = listed.filter(name => !served.includes(name) || /\(later\)/.test(lineOf(name)))
    expect(missing).toEqual(sorted(settingsNotImplemented))
  })

  it('commands', async () => {
    const named = [...section('Commands').matchAll(/`(?:messenger )?([a-z-]+(?: [a-z-]+(?:\|[a-z-]+)*)?)/g)]
    const listed = named.flatMap(([, name = '']) => {
      const [first = '', second] = name.split(' ')
      return second === undefined ? [first] : second.split('|').map(word => `${first} ${word}`)
    })
    const text = await printedHelp()
    expect(sorted(listed.filter(name => !name.startsWith('-') && !text.includes(`messenger ${name}`)))).toEqual(
      sorted(commandsNotImplemented),
    )
  })

  it('error codes', () => {
    const listed = firstCells(section('Error codes')).flatMap(cell =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    )
    expect(listed).toEqual(errorCodes)
  })

  it('metrics', async () => {
    const none = () => 0
    const meter = new PromMeter({
      cursorsBehind: none,
      commandsWaiting: none,
      openingsWaiting: none,
      recentBytes: none,
      busUp: () => true,
    })
    const rendered = await meter.render()
    const listed = [...section('Metrics').matchAll(/`(messenger_\w+)(?:\{|`)/g)].map(([, name = '']) => name)
    expect(listed.filter(name => name !== 'messenger_' && !rendered.includes(`# TYPE ${name} `))).toEqual([])
  })
})

const lineOf = (name: string): string =>
  describeSettings()
    .split('\n')
    .find(line => line.trim().startsWith(`${name} `)) ?? ''
