import { describe, expect, it } from 'vitest'
import {
  fingerprint,
  isEmoji,
  lengthOf,
  namedInText,
  parseConversationId,
  parseMessageId,
  parseStoredUserId,
  parseUserId,
  Refusal,
  remainderOf,
  requireText,
} from '../src/index.ts'

describe('ids', () => {
  it.each(['msg_01h455vb4pex5vsknk084sn02q', 'msg_7zzzzzzzzzzzzzzzzzzzzzzzzz'])('takes the message id %s', id => {
    expect(parseMessageId(id)).toBe(id)
  })

  it.each([
    'msg_8zzzzzzzzzzzzzzzzzzzzzzzzz',
    'msg_01h455vb4pex5vsknk084sn02',
    'msg_01H455VB4PEX5VSKNK084SN02Q',
    'msg_01h455vb4pex5vsknk084sn0il',
    'conv_01h455vb4pex5vsknk084sn02q',
    'msg_01h455vb4pex5vsknk084sn02q\n',
    '',
  ])('takes no other text for a message id: %j', id => {
    expect(parseMessageId(id)).toBeUndefined()
  })

  it('knows a conversation by its prefix', () => {
    expect(parseConversationId('conv_01h455vb4pex5vsknk084sn02q')).toBeDefined()
    expect(parseConversationId('msg_01h455vb4pex5vsknk084sn02q')).toBeUndefined()
  })

  it.each([
    'alice',
    'auth0|5f7c8ec7c33c6c004bbafe82',
    'user_2x4y6z8a0b1c2d3e4f5g6h7j8k',
    'usr_01h455vb4pex5vsknk084sn02q',
    'messages_01h455vb4pex5vsknk084sn02q',
    'MSG_1',
    'Everyone',
    'a_msg_1',
    'msg',
    'a@b.c',
    '~',
    'x'.repeat(128),
  ])('takes the user id %s', id => {
    expect(parseUserId(id)).toBe(id)
  })

  it.each([
    '',
    'a b',
    'é',
    '<a>',
    'x'.repeat(129),
    ...['conv', 'msg', 'mem'].flatMap(prefix => [`${prefix}_01h455vb4pex5vsknk084sn02q`, `${prefix}_`]),
    'everyone',
    'moderators',
    'admins',
    'alice\n',
    'a\0b',
  ])('takes no user id of the form %j', id => {
    expect(parseUserId(id)).toBeUndefined()
  })
})

describe('the id of a user who is stored', () => {
  it.each(['everyone', 'msg_01h455vb4pex5vsknk084sn02q', 'alice'])('may be %s, as in earlier versions', id => {
    expect(parseStoredUserId(id)).toBe(id)
  })

  it.each(['', 'a b', '<a>', 'é', 'a\0', 'x'.repeat(129)])('was never %j', id => {
    expect(parseStoredUserId(id)).toBeUndefined()
  })
})

describe('isEmoji', () => {
  it.each(['👍', '👍🏽', '👩‍👩‍👧', '🇨🇭', '1️⃣', '❤️', '🏴󠁧󠁢󠁳󠁣󠁴󠁿'])('knows %s', emoji => {
    expect(isEmoji(emoji)).toBe(true)
  })

  it.each(['', 'a', ':thumbsup:', '👍👍', '👍 ', '1', '\u{fe0f}', '🇨'])('knows that %j is none', text => {
    expect(isEmoji(text)).toBe(false)
  })
})

describe('namedInText', () => {
  it('names each once, in the order of first mention, and everyone apart', () => {
    expect(namedInText('<@bob> and <@alice>, <@bob>! <@everyone>')).toEqual({
      userIds: ['bob', 'alice'],
      everyone: true,
    })
  })

  it('names no user if the brackets do not contain a user id', () => {
    expect(namedInText('<@> <@a b> @alice <@é> <@conv_01h455vb4pex5vsknk084sn02q>').userIds).toEqual([])
  })
})

describe('requireText', () => {
  const bounds = { field: 'text', min: 1, max: 3 }

  it('counts characters, not code units', () => {
    expect(requireText('👍👍👍', bounds)).toBe('👍👍👍')
    expect(lengthOf('👍👍👍')).toBe(3)
  })

  it.each(['', '   ', '\n', 'abcd', 'a\0b', '\ud83d'])('refuses %j with the field in its details', text => {
    expect(() => requireText(text, bounds)).toThrow(Refusal)
    try {
      requireText(text, bounds)
    } catch (error) {
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { field: 'text' } })
    }
  })
})

describe('the remainder of a fingerprint', () => {
  it('is 16 bits, spread evenly, and stays the same when it is taken again', () => {
    const left = Array.from({ length: 20_000 }, (_, index) => remainderOf(fingerprint(`text ${index}`)))
    expect(left.every(bits => bits >= 0 && bits < 65_536 && remainderOf(bits) === bits)).toBe(true)
    // Of 20,000 even draws from 65,536 about 17,200 are different.
    expect(new Set(left).size).toBeGreaterThan(16_500)
  })
})

describe('fingerprint', () => {
  it('is the same for the same text and differs where one character does', () => {
    expect(fingerprint('hello')).toBe(fingerprint('hello'))
    expect(fingerprint('hello')).not.toBe(fingerprint('hellp'))
    expect(Number.isSafeInteger(fingerprint('x'.repeat(10_000)))).toBe(true)
  })
})
