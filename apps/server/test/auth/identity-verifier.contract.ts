import { type Identity, type IdentityVerifier, type Instant, Refusal } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'

interface VerifierUnderTest {
  readonly verifier: IdentityVerifier
  /** Signs these claims as an issuer that the verifier trusts. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** The verifier's clock. */
  now(): Instant
  setNow(at: Instant): void
}

export const codeOf = async (answer: Promise<Identity>): Promise<string> => {
  try {
    await answer
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
  return 'OK'
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Another text that lenient decoders take for the same bytes: its last character has bits that belong to no byte. */
const otherTextOf = (part: string): string => `${part.slice(0, -1)}${alphabet[alphabet.indexOf(part.slice(-1)) + 1]}`

/** What every `IdentityVerifier` over signed tokens must do. */
export const identityVerifierContract = (name: string, setUp: () => Promise<VerifierUnderTest>): void => {
  describe(`${name} as an identity verifier`, () => {
    const inAnHour = (subject: VerifierUnderTest): number => Math.floor(subject.now() / 1000) + 3600

    it('answers whom a token names, and until when', async () => {
      const subject = await setUp()
      const exp = inAnHour(subject)
      const iat = exp - 3600
      const claims = {
        sub: 'alice',
        exp,
        iat,
        sid: 'sid-1',
        name: ' Alice Liddell ',
        picture: 'https://example.com/alice.png',
      }
      expect(await subject.verifier.verify(await subject.sign(claims))).toEqual({
        userId: 'alice',
        expiresAt: exp * 1000,
        displayName: 'Alice Liddell',
        avatarUrl: 'https://example.com/alice.png',
        profileAsOf: expect.any(Number),
        issuedAt: iat * 1000,
        sessionId: 'sid-1',
        service: false,
        administrator: false,
      })
    })

    it('makes a token the newer the later it was issued; one that does not say is older than all that do', async () => {
      const subject = await setUp()
      const now = Math.floor(subject.now() / 1000)
      const asOf = async (claims: object): Promise<number> =>
        (await subject.verifier.verify(await subject.sign({ sub: 'alice', exp: now + 3600, ...claims }))).profileAsOf
      const inOrder = [
        await asOf({ exp: now + 60 }),
        await asOf({ exp: now + 120 }),
        await asOf({ exp: now + 3652 * 86_400 }),
        await asOf({ iat: 1 }),
        await asOf({ iat: now - 1 }),
        await asOf({ iat: now, exp: now + 60 }),
        await asOf({ iat: now + 60 }),
      ]
      expect(inOrder).toEqual([...new Set(inOrder)].toSorted((one, other) => one - other))
      expect(inOrder.every(Number.isSafeInteger)).toBe(true)
    })

    it('takes a session id of printable characters, and no other', async () => {
      const subject = await setUp()
      const sessionId = async (sid: unknown) =>
        (await subject.verifier.verify(await subject.sign({ sub: 'alice', exp: inAnHour(subject), sid }))).sessionId
      expect(await sessionId('x'.repeat(255))).toBe('x'.repeat(255))
      for (const sid of [undefined, null, 7, '', 'x'.repeat(256), 'a b', 'a\u0000', 'é', ['sid']])
        expect(await sessionId(sid)).toBe(undefined)
    })

    it('takes a token without a time of issue as the oldest', async () => {
      const subject = await setUp()
      const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject) })
      expect((await subject.verifier.verify(token)).issuedAt).toBe(0)
    })

    it('knows an administrator by the scope', async () => {
      const subject = await setUp()
      const administrator = async (scope: unknown) =>
        (await subject.verifier.verify(await subject.sign({ sub: 'app', exp: inAnHour(subject), scope }))).administrator
      expect(await administrator('profile messenger:admin')).toBe(true)
      for (const scope of ['messenger:administrator', 'messenger:service', ['messenger:admin'], undefined])
        expect(await administrator(scope)).toBe(false)
    })

    it('knows a service by its scope', async () => {
      const subject = await setUp()
      const service = async (scope: unknown) =>
        (await subject.verifier.verify(await subject.sign({ sub: 'app', exp: inAnHour(subject), scope }))).service
      expect(await service('profile messenger:service')).toBe(true)
      expect(await service('messenger:services')).toBe(false)
      expect(await service(['messenger:service'])).toBe(false)
    })

    it('ignores a name or picture that is none', async () => {
      const subject = await setUp()
      const profile = async (name: unknown, picture: unknown) => {
        const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject), name, picture })
        const { displayName, avatarUrl } = await subject.verifier.verify(token)
        return { displayName, avatarUrl }
      }
      const none = { displayName: undefined, avatarUrl: undefined }
      expect(await profile('   ', 'javascript:alert(1)')).toEqual(none)
      expect(await profile('x'.repeat(101), `https://example.com/${'x'.repeat(2048)}`)).toEqual(none)
      expect(await profile('a\0b', 'not a url')).toEqual(none)
      expect(await profile(7, { url: 'https://example.com' })).toEqual(none)
      expect(await profile('\u200b\u2800\u3164', 'https://alice:secret@example.com/a.png')).toEqual(none)
      expect(await profile('\u202eecila', 'https://alice@example.com/a.png')).toEqual(none)
      expect(await profile('Alice\nBob', 'https://example.com/\ta.png')).toEqual(none)
      expect(await profile('Alice\u2028Bob', 'ftp://example.com/a.png')).toEqual(none)
      expect(await profile('Alice\ud800', 'data:image/png;base64,AAAA')).toEqual(none)
      expect((await profile('🦊'.repeat(100), undefined)).displayName).toBe('🦊'.repeat(100))
    })

    it('refuses a token from the second it expires with TOKEN_EXPIRED, one seen before too', async () => {
      const subject = await setUp()
      const exp = inAnHour(subject)
      const seen = await subject.sign({ sub: 'alice', exp })
      const unseen = await subject.sign({ sub: 'bob', exp })
      subject.setNow(exp * 1000 - 1)
      expect(await codeOf(subject.verifier.verify(seen))).toBe('OK')
      subject.setNow(exp * 1000)
      expect(await codeOf(subject.verifier.verify(seen))).toBe('TOKEN_EXPIRED')
      expect(await codeOf(subject.verifier.verify(unseen))).toBe('TOKEN_EXPIRED')
    })

    it('says of an expired token that was never good only that it is not valid', async () => {
      const subject = await setUp()
      const exp = inAnHour(subject) - 7200
      expect(await codeOf(subject.verifier.verify(await subject.sign({ sub: 'not a user id', exp })))).toBe(
        'UNAUTHENTICATED',
      )
    })

    it.each(['nbf', 'iat'])('refuses a token whose %s is more than 60 seconds ahead, until it is not', async claim => {
      const subject = await setUp()
      const then = Math.floor(subject.now() / 1000) + 120
      const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject), [claim]: then })
      expect(await codeOf(subject.verifier.verify(token))).toBe('UNAUTHENTICATED')
      subject.setNow((then - 61) * 1000)
      expect(await codeOf(subject.verifier.verify(token))).toBe('UNAUTHENTICATED')
      subject.setNow((then - 60) * 1000)
      expect(await codeOf(subject.verifier.verify(token))).toBe('OK')
    })

    const tenYears = 3652 * 86_400
    it.each<readonly [string, (now: number) => object, 'OK' | 'UNAUTHENTICATED' | 'TOKEN_EXPIRED']>([
      ['of an identity provider that has typed ids', () => ({ sub: 'user_2x4y6z8a0b1c2d3e4f5g6h7j8k' }), 'OK'],
      ['of one with a bar in its ids', () => ({ sub: 'auth0|5f7c8ec7c33c6c004bbafe82' }), 'OK'],
      ['with a subject of 128 characters', () => ({ sub: '~'.repeat(128) }), 'OK'],
      ['that expires in ten years', now => ({ exp: now + tenYears }), 'OK'],
      ['that expires within a second', now => ({ exp: now + 0.5 }), 'OK'],
      ['issued at a fraction of a second', now => ({ iat: now - 0.25 }), 'OK'],
      ['issued before 1970', () => ({ iat: -1e300 }), 'OK'],
      ['that expired a second ago', now => ({ exp: now - 1 }), 'TOKEN_EXPIRED'],
      ['that expired an hour ago', now => ({ exp: now - 3600 }), 'TOKEN_EXPIRED'],
      ['that expires at a time that no date has', () => ({ exp: -1e300 }), 'TOKEN_EXPIRED'],
      ['that expires in eleven years', now => ({ exp: now + 1.1 * tenYears }), 'UNAUTHENTICATED'],
      ['with an expiry in milliseconds', now => ({ exp: (now + 3600) * 1000 }), 'UNAUTHENTICATED'],
      ['with an expiry at the end of time', () => ({ exp: 1e300 }), 'UNAUTHENTICATED'],
      ['issued at a time in milliseconds', now => ({ iat: now * 1000 }), 'UNAUTHENTICATED'],
      ['issued at a text', now => ({ iat: String(now) }), 'UNAUTHENTICATED'],
      ['valid from a text on', now => ({ nbf: String(now) }), 'UNAUTHENTICATED'],
      ['without an expiry', () => ({ exp: undefined }), 'UNAUTHENTICATED'],
      ['with an expiry that is not a number', now => ({ exp: String(now + 3600) }), 'UNAUTHENTICATED'],
      ['with an expiry that is null', () => ({ exp: null }), 'UNAUTHENTICATED'],
      ['without a subject', () => ({ sub: undefined }), 'UNAUTHENTICATED'],
      ['with a subject that is not a string', () => ({ sub: 7 }), 'UNAUTHENTICATED'],
      ['with an empty subject', () => ({ sub: '' }), 'UNAUTHENTICATED'],
      ['with a subject of 129 characters', () => ({ sub: 'a'.repeat(129) }), 'UNAUTHENTICATED'],
      ['with a subject in angle brackets', () => ({ sub: '<alice>' }), 'UNAUTHENTICATED'],
      ['with a blank in its subject', () => ({ sub: 'alice liddell' }), 'UNAUTHENTICATED'],
      ['with a subject beyond ASCII', () => ({ sub: 'älice' }), 'UNAUTHENTICATED'],
      ['with a line feed in its subject', () => ({ sub: 'alice\n' }), 'UNAUTHENTICATED'],
      ['of a message', () => ({ sub: 'msg_01h455vb4pex5vsknk084sn02q' }), 'UNAUTHENTICATED'],
      ['with a subject that begins as a conversation', () => ({ sub: 'conv_x' }), 'UNAUTHENTICATED'],
      ['of everyone', () => ({ sub: 'everyone' }), 'UNAUTHENTICATED'],
      ['of all moderators', () => ({ sub: 'moderators' }), 'UNAUTHENTICATED'],
      ['of all admins', () => ({ sub: 'admins' }), 'UNAUTHENTICATED'],
    ])('answers a token %s as it should', async (_what, claims, code) => {
      const subject = await setUp()
      const now = Math.floor(subject.now() / 1000)
      const token = await subject.sign({ sub: 'alice', exp: now + 3600, ...claims(now) })
      expect(await codeOf(subject.verifier.verify(token))).toBe(code)
    })

    it('takes a token in its one strict form only', async () => {
      const subject = await setUp()
      const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject), padding: 'x' })
      const [header = '', claims = '', signature = ''] = token.split('.')
      const padded = (part: string): string => part.padEnd(Math.ceil(part.length / 4) * 4, '=')
      const sameBytes = otherTextOf(signature)
      expect(Buffer.from(sameBytes, 'base64url')).toEqual(Buffer.from(signature, 'base64url'))
      for (const form of [
        `${token}=`,
        `${token}==`,
        `${header}=.${claims}.${signature}`,
        `${header}.${claims}=.${signature}`,
        [header, claims, padded(signature)].join('.'),
        [header, claims, sameBytes].join('.'),
        `${token}.`,
        `${token}.${signature}`,
        ` ${token}`,
        `${token} `,
        `${token}\n`,
        `${header}.${claims}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
        `${header}.${claims}.`,
        `.${claims}.${signature}`,
        `${header}.${claims}`,
      ])
        expect(await codeOf(subject.verifier.verify(form))).toBe('UNAUTHENTICATED')
      expect(await codeOf(subject.verifier.verify(token))).toBe('OK')
    })

    it('refuses a token of which one character was changed, with the same sentence wherever it is', async () => {
      const subject = await setUp()
      const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject) })
      const sentences = new Set<string>()
      for (let at = 0; at < token.length - 1; at += 7) {
        const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
        const refusal = await subject.verifier.verify(forged).catch((error: unknown) => error)
        expect(refusal).toBeInstanceOf(Refusal)
        if (refusal instanceof Refusal) sentences.add(`${refusal.code} ${refusal.message}`)
      }
      expect(sentences.size).toBe(1)
    })

    it.each(['', '.', '..', 'a.b.c', 'not a token', '{}.{}.{}', '\0', '🦊.🦊.🦊'])('refuses %j', async text => {
      const subject = await setUp()
      expect(await codeOf(subject.verifier.verify(text))).toBe('UNAUTHENTICATED')
    })
  })
}
