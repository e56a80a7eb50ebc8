import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import { userId } from './named-ids.ts'
import { Scribe } from './scribe.ts'

// Run by a test, which kills it once it has said that everything is written.
const [, , file] = process.argv
if (file === undefined) throw new TypeError('which file?')
const store = await openSqliteStore({ file })
const scribe = new Scribe(store)
const group = await scribe.create({ members: [userId('ann')] })
await scribe.sendMany(group, userId('ann'), 50)
process.stdout.write('written\n')
// A store that nothing refers to any more is collected, and its lock with it.
setInterval(() => store.ping(), 60_000)
