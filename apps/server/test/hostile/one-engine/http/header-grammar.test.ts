import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMediaType, parseWeightedList } from '../../../../src/infrastructure/http/header-grammar.ts'
import { MediaPreferences } from '../../../../src/infrastructure/http/media-preference.ts'

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const tokens = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 8 })
const whitespace = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 3 })
/** What may be inside quotes. */
const values = fc.oneof(
  tokens,
  fc.string({ unit: fc.constantFrom(' ', ',', ';', '"', '\\', '=', 'a', 'é', '/'), maxLength: 8 }),
)

const isToken = (value: string): boolean => value !== '' && [...value].every(one => tokenCharacters.includes(one))
const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`
const randomCase = (text: string, flips: readonly boolean[]): string =>
  [...text].map((one, at) => (flips[at % flips.length] ? one.toUpperCase() : one.toLowerCase())).join('')

const flips = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 })

interface Written {
  readonly text: string
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
}

const parametersOf = fc.uniqueArray(fc.tuple(tokens, values, fc.boolean(), whitespace, whitespace, flips), {
  maxLength: 4,
  selector: ([name]) => name.toLowerCase(),
})

/** A media type as someone may write it, and what it means. */
const mediaTypes: fc.Arbitrary<Written> = fc
  .record({ type: tokens, subtype: tokens, parameters: parametersOf, flips, end: whitespace })
  .filter(({ type, subtype }) => !type.includes('*') && !subtype.includes('*'))
  .map(({ type, subtype, parameters, flips: cases, end }) => {
    const written = parameters.filter(([name]) => name.toLowerCase() !== 'q')
    const text = written.map(([name, value, quoted, before, after, flipped]) => {
      const form = quoted || !isToken(value) ? quote(value) : value
      return `${before};${after}${randomCase(name, flipped)}=${form}`
    })
    return {
      text: `${randomCase(`${type}/${subtype}`, cases)}${text.join('')}${end}`,
      name: `${type}/${subtype}`.toLowerCase(),
      parameters: new Map(written.map(([name, value]) => [name.toLowerCase(), value])),
    }
  })

const weights = fc.constantFrom(
  ...([
    ['', 1],
    [';q=1', 1],
    [' ; Q=0.5', 0.5],
    [';q=0', 0],
    [';q=0.000', 0],
    [';q=1.', 1],
    ['\t;\tq=0.125', 0.125],
  ] as const),
)

describe('the grammar of headers', () => {
  it('reads a media type however it is written', () => {
    fc.assert(
      fc.property(mediaTypes, whitespace, ({ text, name, parameters }, before) => {
        expect(parseMediaType(`${before}${text}`)).toEqual({ name, parameters })
      }),
    )
  })

  it('reads a list of weighted media types however it is written', () => {
    const items = fc.array(fc.tuple(mediaTypes, weights, whitespace), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(items, fc.constantFrom(',', ', ', ' ,\t', ',,', ', ,'), (written, separator) => {
        const text = written.map(([{ text: type }, [weight]]) => `${type}${weight}`).join(separator)
        expect(parseWeightedList(text)).toEqual(
          written.map(([{ name, parameters }, [, quality]]) => ({ name, parameters, quality })),
        )
      }),
    )
  })

  it('ends for any text, and in time that grows with its length', () => {
    const texts = fc.string({
      unit: fc.constantFrom('"', '\\', ',', ';', '=', 'q', '0', '.', '/', '*', ' ', 'é'),
      maxLength: 60,
    })
    fc.assert(
      fc.property(texts, text => {
        for (const { quality } of parseWeightedList(text)) expect(quality >= 0 && quality <= 1).toBe(true)
        parseMediaType(text)
      }),
    )
    for (const part of ['"', '\\"', 'a/b;c="', ';', 'a/b;q=,', '"a', ' ;a="\\'])
      for (const text of [part.repeat(16_000 / part.length), `a/b;x="${part.repeat(16_000 / part.length)}`]) {
        const began = process.cpuUsage()
        parseWeightedList(text)
        expect(process.cpuUsage(began).user).toBeLessThan(200_000)
      }
  })

  it('leaves out what it cannot read, and reads on behind it', () => {
    const names = (text: string) => parseWeightedList(text).map(({ name }) => name)
    expect(names('a/b c, d/e')).toEqual(['d/e'])
    expect(names('a/b;c="x,y/z", d/e')).toEqual(['a/b', 'd/e'])
    expect(names('a/b;c="x,y/z')).toEqual([])
    expect(names('a/b;q=2, a/c;q=x, a/d;q=0.1234, a/e;q=-1, d/e;q=0.1')).toEqual(['d/e'])
    expect(names('a/b;c=1;C=2, d/e')).toEqual(['d/e'])
    expect(names('')).toEqual([])
  })

  it.each([
    '',
    'json',
    'application/',
    '/json',
    'a/b/c',
    'a/b, a/b',
    '*/*',
    'text/*',
    'a/b;',
    'a/b;c',
    'a/b;c=',
    'a/b;c =d',
    'a/b;c="d',
    'a/b;c=d;c=d',
    'a /b',
    'é/b',
  ])('takes %j for a media type only where that is one', text =>
    expect(parseMediaType(text) !== undefined).toBe(text === 'a/b;'),
  )
})

describe('what a client prefers', () => {
  it('is the most specific range, at any position', () => {
    const header = fc.shuffledSubarray(['text/html;q=0.7', 'text/*;q=0.3', '*/*;q=0.1'], { minLength: 3 })
    fc.assert(
      fc.property(header, ranges => {
        const preferences = new MediaPreferences(ranges.join(', '))
        const qualities = ['text/html', 'text/plain', 'image/png'].map(type => preferences.of(type).quality)
        expect(qualities).toEqual([0.7, 0.3, 0.1])
      }),
    )
  })

  it('is nothing in another charset', () => {
    const quality = (accept: string) => new MediaPreferences(accept).of('application/json').quality
    expect(quality('application/json;charset=utf-16')).toBe(0)
    expect(quality('application/json;charset=utf-16, */*;q=0.2')).toBe(0.2)
    expect(quality('application/json;charset="UTF-8"')).toBe(1)
  })
})
