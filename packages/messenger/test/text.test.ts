import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLine, isVisible, Refusal, requireLine, requireText } from '../src/index.ts'

const bounds = { field: 'name', min: 1, max: 1000 }
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'OK'
}

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))

/** Written out, and not by the properties that the code goes by. */
const invisible: readonly string[] = [
  ...range(0x01, 0x20),
  ...range(0x7f, 0xa0),
  ...range(0x2000, 0x200f),
  ...range(0x2028, 0x202f),
  ...range(0x205f, 0x206f),
  ...range(0xfe00, 0xfe0f),
  ...range(0xfff9, 0xfffb),
  ...range(0xe0000, 0xe01ef),
  ...range(0x180b, 0x180f),
  ...range(0x13430, 0x1343f),
  ...range(0x1d173, 0x1d17a),
  ...range(0x1bca0, 0x1bca3),
  ...['\u00ad', '\u034f', '\u061c', '\u115f', '\u1160', '\u1680', '\u17b4', '\u17b5', '\u2800', '\u3000', '\u3164'],
  ...['\ufeff', '\uffa0', '\uffff', '\u{1d159}', '\u{16fe4}', '\u{13441}', '\u{13442}', '\u{10ffff}'],
]
const anyInvisible = fc.constantFrom(...invisible)

describe('what shows nothing', () => {
  it('is each of these code points alone', () => {
    expect(invisible.filter(isVisible).map(character => character.codePointAt(0)?.toString(16))).toEqual([])
  })

  it('is every text of such code points alone, however many: it is refused', () => {
    fc.assert(
      fc.property(fc.array(anyInvisible, { maxLength: 50 }), characters => {
        expect(codeOf(() => requireText(characters.join(''), bounds))).toBe('BAD_USER_INPUT')
        expect(codeOf(() => requireLine(characters.join(''), bounds))).toBe('BAD_USER_INPUT')
      }),
    )
  })

  it('is not a visible text, with any invisible characters in it', () => {
    const shown = fc.constantFrom('a', 'é', '語', '👍', '؀', 'ᅡ', '힣', '-', '\u0301', '\ue000', '☺')
    fc.assert(
      fc.property(fc.array(anyInvisible), shown, fc.array(anyInvisible), (before, character, after) => {
        const text = [...before, character, ...after].join('')
        expect(requireText(text, bounds)).toBe(text)
      }),
    )
  })
})

describe('what people write', () => {
  const written = [
    ['an emoji of several joined', '👩‍👩‍👧'],
    ['a flag of tags', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a heart with a variation selector', '❤️'],
    ['a keycap', '1️⃣'],
    ['Persian with a non-joiner', 'می‌خواهم'],
    ['Sinhala with a joiner', 'ශ්‍රී'],
    ['Hangul', '안녕하세요'],
    ['old Hangul of single letters', '\u1112\u119e\u11ab'],
    ['Hebrew with marks of direction', '\u200fשלום\u200e (hello)'],
    ['an isolate that is closed', 'by \u2068مريم\u2069 today'],
    ['isolates within an embedding', '\u202aa \u2067b \u2066c\u2069\u2069 d\u202c'],
    ['Mongolian with a separator', 'ᠬᠠᠷ\u180eᠠ'],
    ['a soft hyphen', 'Donau\u00addampfschiff'],
  ] as const

  it.each(written)('is a line: %s', (_what, text) => {
    expect(requireLine(text, bounds)).toBe(text)
  })
})

describe('a line', () => {
  it.each([
    ['a line feed', 'a\nb'],
    ['a carriage return', 'a\rb'],
    ['a tabulator', 'a\tb'],
    ['a vertical tabulator', 'a\vb'],
    ['next line', 'a\u0085b'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['an escape', 'a\u001b[31m'],
    ['a delete', 'a\u007f'],
    ['a control of the second set', 'a\u009b'],
    ['an override that is not closed', 'photo\u202egpj.exe'],
    ['an isolate that is not closed', 'a\u2066b'],
    ['an end of what never began', 'a\u2069b'],
    ['an embedding that an isolate ends', '\u202aa\u2069'],
    ['two that are closed in the wrong order', '\u202aa\u2066b\u202cc\u2069'],
  ])('holds no such thing: %s', (_what, text) => {
    expect(codeOf(() => requireLine(text, bounds))).toBe('BAD_USER_INPUT')
  })

  it('does not change the text after it: every direction that begins in it ends in it', () => {
    const opening = /[\u202a\u202b\u202d\u202e\u2066-\u2068]/g
    const ending = /[\u202c\u2069]/g
    const unit = fc.constantFrom('a', ...range(0x202a, 0x202e), ...range(0x2066, 0x2069))
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), text => {
        if (!isLine(text)) return
        expect(text.match(opening)?.length ?? 0).toBe(text.match(ending)?.length ?? 0)
      }),
      { numRuns: 1000 },
    )
  })

  it('has one line, while a message may have several', () => {
    expect(codeOf(() => requireLine('a\nb', bounds))).toBe('BAD_USER_INPUT')
    expect(codeOf(() => requireText('a\nb', bounds))).toBe('OK')
  })
})
