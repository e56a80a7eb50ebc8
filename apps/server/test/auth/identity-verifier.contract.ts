import { type Identity, type IdentityVerifier, type Instant, Refusal } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'

export interface VerifierUnderTest {
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

/** What every `IdentityVerifier` over signed tokens must do. */
export const identityVerifierContract = (name: string, setUp: () => Promise<VerifierUnderTest>): void => {
  describe(`${name} as an identity verifier`, () => {
    const inAnHour = (subject: VerifierUnderTest): number => Math.floor(subject.now() / 1000) + 3600

    it('answers whom a token names, and until when', async () => {
      const subject = await setUp()
      const exp = inAnHour(subject)
      const claims = { sub: 'alice', exp, name: ' Alice Liddell ', picture: 'https://example.com/alice.png' }
      expect(await subject.verifier.verify(await subject.sign(claims))).toEqual({
        userId: 'alice',
        expiresAt: exp * 1000,
        displayName: 'Alice Liddell',
        avatarUrl: 'https://example.com/alice.png',
        service: false,
      })
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

    it('refuses a token before its time', async () => {
      const subject = await setUp()
      const nbf = Math.floor(subject.now() / 1000) + 60
      const token = await subject.sign({ sub: 'alice', exp: inAnHour(subject), nbf })
      expect(await codeOf(subject.verifier.verify(token))).toBe('UNAUTHENTICATED')
      subject.setNow(nbf * 1000)
      expect(await codeOf(subject.verifier.verify(token))).toBe('OK')
    })

    it.each([
      ['without an expiry', { sub: 'alice' }],
      ['with an expiry that is no number', { sub: 'alice', exp: '4102444800' }],
      ['without a subject', { exp: 4_102_444_800 }],
      ['with a subject that is no text', { sub: 7, exp: 4_102_444_800 }],
      ['with an empty subject', { sub: '', exp: 4_102_444_800 }],
      ['with a subject of 129 characters', { sub: 'a'.repeat(129), exp: 4_102_444_800 }],
      ['with a subject in angle brackets', { sub: '<alice>', exp: 4_102_444_800 }],
      ['with a subject of the form of a typed id', { sub: 'msg_01h455vb4pex5vsknk084sn02q', exp: 4_102_444_800 }],
    ])('refuses a token %s', async (_what, claims) => {
      const subject = await setUp()
      expect(await codeOf(subject.verifier.verify(await subject.sign(claims)))).toBe('UNAUTHENTICATED')
    })

    it('takes an expiry at the end of time', async () => {
      const subject = await setUp()
      const { expiresAt } = await subject.verifier.verify(await subject.sign({ sub: 'alice', exp: 1e300 }))
      expect(() => new Date(expiresAt).toISOString()).not.toThrow()
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
