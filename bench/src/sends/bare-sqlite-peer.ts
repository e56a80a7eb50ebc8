import { answerCalls } from '../processes/answer-calls.ts'
import { type BareRooms, type BareRun, BareSqlite } from './bare-sqlite.ts'
import { openCommitterRooms } from './committer-rooms.ts'
import type { Measured } from './send-load.ts'

export type BareSqliteCalls = {
  open: { input: { file: string; senders: number }; answer: number }
  send: { input: BareRun; answer: Measured }
}

let bare: BareSqlite | undefined

/** The store creates the file, its schema and the rooms, and is closed before anything is measured. */
const makeRooms = async (file: string, count: number): Promise<BareRooms> => {
  await using rooms = await openCommitterRooms(file, count)
  const { senders, shared, own } = rooms
  return { senders, shared, own }
}

answerCalls<BareSqliteCalls>({
  async open({ file, senders }) {
    bare = new BareSqlite(file, await makeRooms(file, senders))
    return senders
  },
  send(run) {
    if (bare === undefined) throw new Error('nothing is open')
    return bare.run(run)
  },
})
