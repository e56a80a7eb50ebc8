import type { Conversation, UserId } from '@cpc-messenger/messenger'
import pg from 'pg'
import { systemClock } from '../../../apps/server/src/infrastructure/clock/system-clock.ts'
import { TypeIdGenerator } from '../../../apps/server/src/infrastructure/ids/type-id-generator.ts'
import { openPostgresStore } from '../../../apps/server/src/infrastructure/storage/postgres/message-store.ts'
import { messageText } from '../rooms/message-text.ts'
import { committerRooms } from '../sends/committer-rooms.ts'
import { runSenders } from '../sends/run-senders.ts'
import type { Sent } from '../sends/send-load.ts'

/** Everything that a send writes, in one statement and so in one transaction: the counter, the message, the event. */
const send = `
  with grown as (
    update conversations set last_sequence = last_sequence + 1, last_activity_at = $5 where id = $1
    returning last_sequence as sequence
  ), written as (
    insert into messages (id, conversation_id, sequence, changed_sequence, author_id, content, created_at, version,
      client_message_id, sent_fingerprint)
    select $2, $1, sequence, sequence, $3, $4, $5, 1, $6, 1 from grown
  )
  insert into events (conversation_id, sequence, type, occurred_at, actor_id, message_id, commit_id)
  select $1, sequence, 'MessageCreated', $5, $3, $2, 0 from grown`

const content = JSON.stringify({
  kind: 'text',
  text: messageText,
  format: 'PLAIN',
  mentionIds: [],
  mentionsEveryone: false,
})

interface Room {
  readonly author: UserId
  readonly conversation: Conversation
}

/** PostgreSQL with one prepared statement for each send and nothing around it: no checks and no client. */
export class BarePostgres implements AsyncDisposable {
  readonly #clients: readonly pg.Client[]
  readonly #shared: Conversation
  readonly #own: readonly Room[]
  readonly #ids = new TypeIdGenerator(systemClock)
  #sent = 0

  private constructor(clients: readonly pg.Client[], shared: Conversation, own: readonly Room[]) {
    this.#clients = clients
    this.#shared = shared
    this.#own = own
  }

  /** The store creates the schema and the rooms, and is closed before anything is measured. */
  static async open(url: string, connections: number): Promise<BarePostgres> {
    const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString: url }))
    await using rooms = await committerRooms(await openPostgresStore({ url }), connections)
    const own = rooms.own.map((conversation, index) => {
      const author = rooms.senders[index]
      if (author === undefined) throw new RangeError(`there is no sender ${index}`)
      return { author, conversation }
    })
    await Promise.all(clients.map(client => client.connect()))
    return new BarePostgres(clients, rooms.shared, own)
  }

  run(conversations: 'own' | 'one', seconds: number): Promise<Sent> {
    return runSenders(
      this.#clients.map((client, index) => () => this.#send(client, index, conversations)),
      seconds,
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map(client => client.end()))
  }

  async #send(client: pg.Client, index: number, conversations: 'own' | 'one'): Promise<void> {
    const room = this.#own[index]
    if (room === undefined) throw new RangeError(`there is no room ${index}`)
    const { id } = conversations === 'one' ? this.#shared : room.conversation
    this.#sent += 1
    const values = [id, this.#ids.messageId(), room.author, content, Date.now(), `client-${this.#sent}`]
    await client.query({ name: 'send', text: send, values })
  }
}
