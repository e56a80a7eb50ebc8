import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { InProcessEventBus } from '../../../src/infrastructure/bus/in-process/event-bus.ts'
import { systemClock } from '../../../src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../src/infrastructure/ids/type-id-generator.ts'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { reopenFile, sealFile } from '../../../src/infrastructure/storage/sqlite/seal.ts'
import { createConversation } from '../../../src/services/commands/conversations.ts'
import { Committer } from '../../../src/services/commit/committer.ts'
import { silentMeter } from '../../../src/services/telemetry/meter.ts'
import { actor, silentLog } from '../../backend.ts'

it('that the file is sealed is logged when it begins, and not for each commit that is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sealed-'))
  await using resources = new AsyncDisposableStack()
  resources.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'messenger.db')
  const store = resources.use(await openSqliteStore({ file }))
  const said: string[] = []
  const log = { ...silentLog, error: (_: object, message: string) => void said.push(message) }
  const committer = new Committer({
    store,
    bus: new InProcessEventBus(log),
    clock: systemClock,
    ids: new TypeIdGenerator(systemClock),
    limits: { textLength: 100 },
    meter: silentMeter,
    log,
  })
  const create = () =>
    committer.run(
      createConversation,
      {
        kind: 'GROUP',
        name: 'a room',
        topic: null,
        memberIds: [],
        settings: {},
        idempotencyKey: null,
        key: null,
        metadata: null,
      },
      actor('ann'),
    )
  const refused = async () => {
    for (let count = 0; count < 3; count += 1) await expect(create()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  }
  await sealFile(file)
  await refused()
  expect(said).toEqual(['a commit failed'])
  await reopenFile(file)
  await create()
  await sealFile(file)
  await refused()
  expect(said).toEqual(['a commit failed', 'a commit failed'])
})
