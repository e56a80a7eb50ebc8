import { expect, test } from 'vitest'
import type { OpenHarness } from './store-harness.ts'

export const secretContract = (open: OpenHarness): void => {
  test('one of many simultaneous calls makes the shared secret, and it is kept across a restart', async () => {
    await using harness = await open()
    const secrets = await Promise.all(Array.from({ length: 20 }, () => harness.store.sharedSecret()))
    expect(new Set(secrets).size).toBe(1)
    expect(Buffer.from(secrets[0] ?? '', 'base64url')).toHaveLength(32)
    expect(await (await harness.reopen()).sharedSecret()).toBe(secrets[0])
  })

  test('a new epoch has a new shared secret, for every store that opens the data after it', async () => {
    await using harness = await open()
    const before = await harness.store.sharedSecret()
    await harness.store.renewEpoch()
    const after = await (await harness.reopen()).sharedSecret()
    expect(after).not.toBe(before)
    // The epoch that is known is another one than the stored one: nothing is renewed once more.
    await harness.store.renewEpoch()
  })

  test('no two databases share a secret', async () => {
    await using one = await open()
    await using other = await open()
    expect(await one.store.sharedSecret()).not.toBe(await other.store.sharedSecret())
  })
}
