import { expect, test } from 'vitest'
import type { OpenHarness } from './store-harness.ts'

export const secretContract = (open: OpenHarness): void => {
  test('of many who ask for the shared secret at once one makes it, and it stays over a restart', async () => {
    await using harness = await open()
    const secrets = await Promise.all(Array.from({ length: 20 }, () => harness.store.sharedSecret()))
    expect(new Set(secrets).size).toBe(1)
    expect(Buffer.from(secrets[0] ?? '', 'base64url')).toHaveLength(32)
    expect(await (await harness.reopen()).sharedSecret()).toBe(secrets[0])
  })

  test('with a new epoch there is a new shared secret, for whoever opens the data after that', async () => {
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
