import { describe, expect, it } from 'vitest'
import { findIn } from './words/find.ts'
import { faultOfFileName, faultOfName, retiredNames } from './words/identifiers.ts'
import { phrases } from './words/phrases.ts'

const foundIn = (file: string, source: string) => findIn(file, source).map(({ line, found }) => `${line} ${found}`)

describe('names', () => {
  it.each([...retiredNames.keys()])('%s is found as a type, a variable, a property and a private field', name => {
    const source = `class A { #${name} = 1; x = this.#${name} }\nconst ${name} = 1\ntype B = { ${name}: string }\n`
    expect(new Set(foundIn('a.ts', source).filter(hit => hit.endsWith(` ${name}`)))).toEqual(
      new Set([`1 ${name}`, `2 ${name}`, `3 ${name}`]),
    )
  })

  it.each(['mostBytes', 'rememberedMs', 'HubParts', 'toldBy', 'STANDING_ROWS', 'heardAt', '_road'])(
    '%s is found by a part of it',
    name => {
      expect(faultOfName(name)).toBeDefined()
    },
  )

  it.each(['most', 'parts', 'allowed', 'heartbeat', 'almostEmpty', 'followed', 'readURL', 'TurnEnds', 'broadcast'])(
    '%s may be used',
    name => {
      expect(faultOfName(name)).toBeUndefined()
    },
  )

  it('are looked for in names of files and folders', () => {
    expect(foundIn('delivery/recalls.ts', '')).toEqual(['1 file recalls'])
    expect(foundIn('seldom-log/index.ts', '')).toEqual(['1 file seldom-log'])
    expect(faultOfFileName('line')).toBeDefined()
    expect(faultOfFileName('lines')).toBeUndefined()
  })

  it('of two words are found in comments, strings and Markdown', () => {
    expect(foundIn('a.ts', '// see InboxPlace\nexport const x = "by takeLeave of it"\n')).toEqual([
      '1 InboxPlace',
      '2 takeLeave',
    ])
    expect(foundIn('a.md', 'See [it](x.md) and\nInboxPlace.\n')).toEqual(['2 InboxPlace'])
  })
})

describe('phrases', () => {
  it('are found in comments, messages and names of tests, across lines', () => {
    const source = [
      '/** Positions are worth',
      ' * nothing, and this is',
      ' * no folder. */',
      "it('is told by nobody', () => {})",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source that is searched
      'const text = `somebody ${x} stands`',
    ].join('\n')
    expect(foundIn('a.ts', source)).toEqual([
      '1 worth nothing',
      '2 is no',
      '4 told',
      '4 nobody',
      '5 somebody',
      '5 stands',
    ])
  })

  it('are found in Markdown outside code, and in configuration', () => {
    expect(foundIn('a.md', '`anew` is\n\n```sh\necho anew\n```\n\nDone anew.\n')).toEqual(['7 anew'])
    expect(foundIn('a.yaml', '# Done anew.\nkey: 1\n')).toEqual(['1 anew'])
  })

  it.each([
    'There is no such row, and there are no more than two.',
    'It is no longer read; the reader understands; withstand; the outstanding write.',
    'Nothing else is read. Otherwise it waits. Careful: rememberable, roadmap, indoors.',
    'The answer is sent. It answers within 2 s.',
  ])('are not found where there are none: %s', text => {
    expect(foundIn('a.md', text)).toEqual([])
  })

  it('each say what to write in their place', () => {
    for (const { pattern, instead } of phrases) {
      expect(pattern.flags).toContain('g')
      expect(instead).not.toBe('')
    }
  })
})
