import type { TextFormat } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { sendMessage } from '../../../src/services/commands/messages.ts'
import { textOutsideCode } from '../../../src/services/commands/visible-text.ts'
import { Backend } from '../../backend.ts'

const mentions: readonly (readonly [string, string, boolean])[] = [
  ['plain words', 'hello <@bob>', true],
  ['a code span', 'say `<@bob>` to greet', false],
  ['a code span of two backticks', 'say ``a ` <@bob>`` to greet', false],
  ['a single backtick', 'it is 5` long, <@bob>', true],
  ['backticks in another paragraph', 'one `\n\n<@bob> and ` two', true],
  ['a fence', '```\n<@bob>\n```', false],
  ['a fence of tildes that is not closed', '~~~ts\n<@bob>', false],
  ['after a fence', '```\ncode\n```\n<@bob>', true],
  ['an indented block', 'code:\n\n    <@bob>', false],
  ['an indented line within a paragraph', 'words\n    <@bob>', true],
  ['a fence in a quote', '> ```\n> <@bob>\n> ```', false],
  ['a quote', '> <@bob>', true],
  ['a fence in a list', '- item\n\n  ```\n  <@bob>\n  ```', false],
  ['a list', '- item for <@bob>', true],
  ['an escaped backtick', '\\`<@bob>\\`', true],
  ['emphasis with underscores around it', '__<@bob>__', true],
  ['a tab', '\tcode <@bob>', false],
]

describe('a mention in Markdown', () => {
  it.each(mentions)('in %s', async (_, text, counts) => {
    await using backend = await Backend.open()
    const conversation = await backend.create('alice', { members: ['bob'] })
    const sent = (format: TextFormat) =>
      backend.run(sendMessage, 'alice', {
        conversationId: conversation.id,
        content: { text, format },
        clientMessageId: null,
        replyToId: null,
        metadata: null,
      })
    expect((await sent('MARKDOWN')).content).toMatchObject({ mentionIds: counts ? ['bob'] : [] })
    expect((await sent('PLAIN')).content).toMatchObject({ mentionIds: ['bob'] })
  })

  it('takes little time to find in hostile texts', () => {
    const texts = ['`', '> ', '- ', '``` ', '\\', '[', '<@', '    ', '*', '`<@bob>', '~~~\n', '\n>'].map(piece =>
      piece.repeat(20_000 / piece.length),
    )
    for (const text of texts) {
      const startedAt = performance.now()
      textOutsideCode(text, 'MARKDOWN')
      expect(performance.now() - startedAt, JSON.stringify(text.slice(0, 10))).toBeLessThan(500)
    }
  })
})
