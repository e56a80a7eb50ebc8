import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deletedMarker,
  type Message,
  type MessageContent,
  markDeleted,
  parseContent,
  parseConversationId,
  parseMessageId,
  parseUserId,
  revisionOf,
  sameContent,
  serialiseContent,
  textOf,
  type UserId,
  updateContent,
} from '../src/index.ts'

const required = <Value>(value: Value | undefined): Value => {
  if (value === undefined) throw new TypeError('a value of this test is missing')
  return value
}

const alice = required(parseUserId('alice'))
const text = (words: string): MessageContent => ({
  kind: 'text',
  text: words,
  format: 'PLAIN',
  mentionIds: [],
  mentionsEveryone: false,
})

const sent: Message = {
  id: required(parseMessageId('msg_01h455vb4pex5vsknk084sn02q')),
  conversationId: required(parseConversationId('conv_01h455vb4pex5vsknk084sn02q')),
  sequence: 3,
  changedSequence: 3,
  authorId: alice,
  content: text('hello'),
  metadata: { colour: 'red' },
  createdAt: 1000,
  updatedAt: null,
  deletedAt: null,
  deletedById: null,
  version: 1,
  clientMessageId: 'c1',
  sentFingerprint: 42,
  replyToId: null,
  threadRootId: null,
  alsoInConversation: false,
  ordinal: 1,
}

describe('updateContent', () => {
  it('makes the next version and marks when', () => {
    const edited = updateContent(sent, text('hello, world'), 2000)
    expect(edited).toMatchObject({ version: 2, updatedAt: 2000, deletedAt: null, createdAt: 1000 })
    expect(textOf(edited.content)).toBe('hello, world')
  })

  it('leaves what it is given as it was', () => {
    updateContent(sent, text('other'), 2000)
    expect(sent).toMatchObject({ version: 1, updatedAt: null })
  })
})

describe('markDeleted', () => {
  it('leaves the marker and nothing of what was said', () => {
    const deleted = markDeleted(sent, alice, 2000)
    expect(textOf(deleted.content)).toBe('[Deleted]')
    expect(deleted).toMatchObject({
      version: 2,
      updatedAt: 2000,
      deletedAt: 2000,
      deletedById: alice,
      metadata: null,
      sentFingerprint: 42,
    })
    expect(JSON.stringify(deleted)).not.toContain('hello')
  })

  it('changes nothing the second time', () => {
    const deleted = markDeleted(sent, alice, 2000)
    expect(markDeleted(deleted, alice, 3000)).toBe(deleted)
  })
})

describe('revisionOf', () => {
  it('has the earlier content, its version and the time of that version', () => {
    expect(revisionOf(sent, 0)).toMatchObject({ version: 1, createdAt: 1000, editorId: 'alice', redactedAt: null })
    expect(revisionOf(updateContent(sent, text('b'), 2000), 0)).toMatchObject({ version: 2, createdAt: 2000 })
  })

  it('of a deleted message names who deleted it as its editor', () => {
    const moderator = required(parseUserId('moderator'))
    expect(revisionOf(markDeleted(sent, moderator, 2000), 0)).toMatchObject({ version: 2, editorId: 'moderator' })
  })
})

const userIds = fc
  .stringMatching(/^[\x21-\x3b\x3d\x3f-\x7e]{1,20}$/)
  .map(parseUserId)
  .filter((id): id is UserId => id !== undefined)
const contents: fc.Arbitrary<MessageContent> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    text: fc.string({ unit: 'binary' }),
    format: fc.constantFrom('PLAIN' as const, 'MARKDOWN' as const),
    mentionIds: fc.array(userIds, { maxLength: 3 }),
    mentionsEveryone: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('system' as const),
    system: fc.constantFrom('CONVERSATION_CREATED' as const, 'NAME_CHANGED' as const, 'TOPIC_CHANGED' as const),
    text: fc.string(),
    subjectIds: fc.array(userIds, { maxLength: 3 }),
    before: fc.option(fc.string()),
    after: fc.option(fc.string()),
  }),
  fc.constant({ kind: 'deleted' as const }),
)

describe('the serialisation of content', () => {
  it('reads back every content that it wrote', () => {
    fc.assert(
      fc.property(contents, content => {
        expect(parseContent(serialiseContent(content))).toEqual(content)
      }),
    )
  })

  it('is the same for the same content in any order of keys', () => {
    fc.assert(
      fc.property(contents, content => {
        const turned = Object.fromEntries(Object.entries(content).reverse()) as MessageContent
        expect(sameContent(content, turned)).toBe(true)
      }),
    )
  })

  it('tells different contents apart', () => {
    expect(sameContent(text('a'), text('b'))).toBe(false)
    expect(sameContent(text('a'), { kind: 'deleted' })).toBe(false)
  })

  it('writes the marker for what was deleted', () => {
    expect(serialiseContent({ kind: 'deleted' })).toContain(deletedMarker)
  })

  it('refuses a text that it did not write', () => {
    expect(() => parseContent('{"kind":"picture"}')).toThrow(TypeError)
  })
})
