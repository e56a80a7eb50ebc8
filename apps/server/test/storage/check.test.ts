import { readFile, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { deletedContent, type MessageStore, newViewerState, serialiseContent } from '@cpc-messenger/messenger'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { rules } from '../../src/infrastructure/storage/checks/check.ts'
import { postgresDialect } from '../../src/infrastructure/storage/postgres/dialect.ts'
import { openPostgresStore } from '../../src/infrastructure/storage/postgres/message-store.ts'
import { historySchema, rulesSchema } from '../../src/infrastructure/storage/schema/schema.ts'
import { sqliteDialect } from '../../src/infrastructure/storage/sqlite/dialect.ts'
import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import { freshDatabase } from '../support/postgres.ts'
import { findingsIn, findingsInPostgres } from './findings.ts'
import { userId } from './named-ids.ts'
import { Scribe } from './scribe.ts'
import { temporaryFile } from './sqlite/harness.ts'

const ann = userId('ann')
const bob = userId('bob')
const eve = userId('eve')

/** Everything that the store keeps happens at least once. */
const writeAll = async (store: MessageStore) => {
  const scribe = new Scribe(store)
  await store.sharedSecret()
  for (const user of [ann, bob, eve]) await scribe.user(user)
  await store.saveLastSeen([{ userId: ann, lastSeenAt: 5 }])
  const group = await scribe.create({ members: [ann, bob, eve], name: 'group' })
  const direct = await scribe.create({ kind: 'DIRECT', members: [ann, bob] })
  const sent = await scribe.send(group, ann, 'hello', 'client-1')
  const other = await scribe.send(group, ann, 'again', 'client-2')
  const edited = await scribe.edit(await scribe.edit(sent, 'hello there'), 'hello you there')
  const reaction = await scribe.react(edited, bob, '👍')
  await scribe.unreact(other, await scribe.react(other, bob, '👎'))
  const mistake = await scribe.send(group, bob, 'a mistake')
  for (const emoji of ['👍', '🎉']) for (const user of [ann, eve]) await scribe.react(mistake, user, emoji)
  const deleted = await scribe.delete(mistake)
  await scribe.redact(edited, 1)
  const replied = await scribe.reply(sent, bob, 'a reply', ann)
  await scribe.reply(sent, bob, 'another', eve)
  const quiet = await scribe.create({ members: [ann, bob] })
  await scribe.edit(await scribe.send(quiet, ann, 'said'), 'said again')
  await scribe.configure(quiet, { historyVisibility: 'NONE' })
  await scribe.edit(await scribe.send(quiet, ann, 'said later'), 'said again')
  await scribe.audit({ action: 'MESSAGE_DELETED', conversationId: group, messageId: deleted.id, subjectId: bob })
  await scribe.audit({ action: 'MEMBER_REMOVED', conversationId: group, subjectId: eve, before: 'MEMBER' })
  await scribe.audit({
    action: 'ROLE_CHANGED',
    conversationId: group,
    subjectId: bob,
    before: 'MEMBER',
    after: 'ADMIN',
  })
  await scribe.audit({ action: 'USER_SIGNED_OUT', subjectId: eve })
  const state = newViewerState({ conversationId: group, userId: bob })
  await scribe.write({
    viewerStates: [{ ...state, readSequence: 2, deliveredSequence: 3, markedUnreadFrom: 1, archivedAt: 1 }],
  })
  await scribe.leave(group, eve)
  await scribe.rename(group, 'renamed')
  await scribe.sendMany(direct, bob, 5)
  const erased = await scribe.create({ members: [ann, bob] })
  const inErased = await scribe.send(erased, ann, 'gone')
  await scribe.edit(inErased, 'gone soon')
  await scribe.leave(erased, bob)
  const erasing = await scribe.create({ members: [ann, bob] })
  await scribe.react(await scribe.send(erasing, ann, 'half gone'), bob, '🎉')
  await scribe.audit({ action: 'CONVERSATION_CREATED', conversationId: erased })
  await scribe.deleteConversation(erased)
  await scribe.audit({ action: 'CONVERSATION_DELETED', conversationId: erased })
  while ((await store.purge(100)) > 0) {}
  await scribe.deleteConversation(erasing)
  await store.purge(2)
  await scribe.configure(quiet, { historyVisibility: 'MEMBERS' })
  const kept = await scribe.edit(await scribe.send(quiet, ann, 'kept'), 'kept again')
  return { replied, quiet, kept, group, direct, sent, other, reaction, deleted, erased, erasing }
}

type Written = Awaited<ReturnType<typeof writeAll>>

const writtenFile = async () => {
  const place = await temporaryFile()
  await using store = await openSqliteStore({ file: place.file })
  return { ...place, ...(await writeAll(store)) }
}

interface Stored extends AsyncDisposable {
  readonly written: Written
  plant(sql: string): Promise<void>
  kinds(): Promise<readonly string[]>
}

const onSqlite = async (): Promise<Stored> => {
  const { file, [Symbol.asyncDispose]: remove, ...written } = await writtenFile()
  return {
    written,
    async plant(sql) {
      using database = new DatabaseSync(file)
      database.exec(sql)
    },
    kinds: async () => (await findingsIn(file)).map(finding => finding.kind),
    [Symbol.asyncDispose]: remove,
  }
}

const onPostgres = async (): Promise<Stored> => {
  const database = await freshDatabase()
  await using store = await openPostgresStore({ url: database.url })
  const written = await writeAll(store)
  return {
    written,
    async plant(sql) {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      try {
        await client.query(sql)
      } finally {
        await client.end()
      }
    },
    kinds: async () => (await findingsInPostgres(database.url)).map(finding => finding.kind),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

const engines = { sqlite: onSqlite, postgres: onPostgres }

const marker = serialiseContent(deletedContent)
/** The same rows in a table without the rules that keep faults out. */
const withoutRules = (table: string): string =>
  `create table copy as select * from ${table}; drop table ${table}; alter table copy rename to ${table};`

/** For each kind of finding one fault at least, as SQL that plants it. */
const keep = (of: string, user: string, values: string) =>
  `insert into viewer_states values ('${of}', '${user}', ${values}, null, 'ALL', null, null)`

const faults: Readonly<Record<string, readonly ((written: Written) => string)[]>> = {
  'stray-audit-entry': [
    () =>
      `update audit_entries set conversation_id = 'conv_00000000000000000000000000' where action = 'MEMBER_REMOVED'`,
    ({ erased }) => `update audit_entries set conversation_id = '${erased}' where action = 'MEMBER_REMOVED'`,
  ],
  'wrong-audited-message': [
    () => `update audit_entries set message_id = 'msg_00000000000000000000000000' where action = 'MESSAGE_DELETED'`,
    ({ direct }) => `update audit_entries set conversation_id = '${direct}' where action = 'MESSAGE_DELETED'`,
  ],
  'wrong-audited-deletion': [
    ({ group }) => `update audit_entries set conversation_id = '${group}' where action = 'CONVERSATION_DELETED'`,
  ],
  'incomplete-audit-entry': [
    ({ group }) => `update audit_entries set conversation_id = '${group}' where action = 'USER_SIGNED_OUT'`,
    () => `update audit_entries set value_after = null where action = 'ROLE_CHANGED'`,
    () => `update audit_entries set subject_id = null where action = 'MEMBER_REMOVED'`,
    () => `update audit_entries set message_id = null where action = 'MESSAGE_DELETED'`,
    () => `update audit_entries set conversation_id = null where action = 'CONVERSATION_DELETED'`,
  ],
  'stray-viewer-state': [
    ({ group }) => keep(group, 'stranger', '1, 1, 1, 1'),
    ({ erased }) => keep(erased, 'ann', '1, 1, 1, 1'),
    () => keep('conv_00000000000000000000000000', 'ann', '0, 0, 0, 0'),
  ],
  'marker-beyond-head': [
    ({ group }) => keep(group, 'eve', '1, 1000, 1, 1'),
    ({ group }) => `update viewer_states set marked_unread_from = 1000 where conversation_id = '${group}'`,
  ],
  'wrong-markers': [
    ({ group }) => keep(group, 'eve', '2, 1, 1, 1'),
    ({ group }) => keep(group, 'eve', '1, 2, 2, 2'),
    ({ group }) => keep(group, 'eve', '2, 2, 2, 1'),
    ({ group }) => keep(group, 'eve', '1, 1, 0, 2'),
    ({ group }) => keep(group, 'eve', '1, 1, -1, 1'),
    ({ group }) => `update viewer_states set marked_unread_from = -1 where conversation_id = '${group}'`,
  ],
  'log-hole': [
    ({ group }) => `delete from events where conversation_id = '${group}' and sequence = 5`,
    ({ group }) => `update events set sequence = 1000 where conversation_id = '${group}' and sequence = 1`,
    ({ direct }) => `${withoutRules('events')} insert into events select * from events
      where conversation_id = '${direct}' and sequence = 3;
      create index reaction_events on events (conversation_id, message_id, sequence) where emoji is not null`,
  ],
  'wrong-head': [
    ({ group }) => `update conversations set last_sequence = last_sequence + 1 where id = '${group}'`,
    ({ direct }) => `delete from events where conversation_id = '${direct}' and sequence = 7`,
    ({ erased }) => `delete from events where conversation_id = '${erased}'`,
  ],
  'wrong-end': [
    ({ erased }) => `update events set type = 'ConversationUpdated' where conversation_id = '${erased}'`,
    ({ erasing }) => `update conversations set deleted_at = null where id = '${erasing}'`,
  ],
  'stray-event': [({ direct }) => `delete from conversations where id = '${direct}'`],
  'malformed-event': [
    () => `update events set type = 'Nonsense' where type = 'ConversationUpdated'`,
    () => `update events set reason = null where type = 'MemberLeft'`,
    () => `update events set reacted_at = null where type = 'ReactionRemoved'`,
    () => `update events set user_id = null where type = 'MemberJoined'`,
    () => `update events set message_id = null where type = 'MessageCreated'`,
  ],
  'missing-subject': [
    ({ other }) => `delete from messages where id = '${other.id}'`,
    ({ group }) => `delete from memberships where conversation_id = '${group}' and user_id = 'bob'`,
    ({ other, direct }) => `update messages set conversation_id = '${direct}', sequence = 999 where id = '${other.id}'`,
    ({ group }) => `update events set user_id = 'eve' where conversation_id = '${group}' and sequence = 1`,
  ],
  'commit-order': [
    ({ group }) => `update events set commit_id = 0 where conversation_id = '${group}' and sequence = 6`,
  ],
  'last-commit': [
    ({ group }) => `update conversations set last_commit = 1 where id = '${group}'`,
    () => 'update meta set last_commit = 1 - (select max(last_commit) from conversations)',
  ],
  'wrong-sequence': [
    ({ other }) => `update messages set sequence = 9999 where id = '${other.id}'`,
    ({ other }) =>
      `update events set type = 'MessageUpdated' where message_id = '${other.id}' and type = 'MessageCreated'`,
  ],
  'wrong-changed-sequence': [
    ({ sent }) => `update messages set changed_sequence = sequence where id = '${sent.id}'`,
    ({ sent }) => `update messages set changed_sequence = changed_sequence + 1 where id = '${sent.id}'`,
  ],
  'wrong-active-slot': [({ group }) => `update conversations set active_slot = 5 where id = '${group}'`],
  'unreadable-content': [
    ({ sent }) => `update messages set content = 'hello' where id = '${sent.id}'`,
    ({ sent }) => `update messages set content = '{"kind":"riddle"}' where id = '${sent.id}'`,
    ({ sent }) => `update messages set content = '{}' where id = '${sent.id}'`,
    ({ sent }) => `update messages set metadata = '{' where id = '${sent.id}'`,
  ],
  'deleted-message': [
    ({ deleted, sent }) => `update messages set content = (select content from messages where id = '${sent.id}')
      where id = '${deleted.id}'`,
    ({ deleted }) => `update messages set updated_at = null where id = '${deleted.id}'`,
    ({ deleted }) => `update messages set deleted_at = null where id = '${deleted.id}'`,
    ({ deleted }) => `update messages set metadata = '{}' where id = '${deleted.id}'`,
    ({ deleted }) => `update messages set sent_fingerprint = 65536 where id = '${deleted.id}'`,
    ({ sent }) => `update messages set content = '${marker}' where id = '${sent.id}'`,
  ],
  'edited-message': [
    ({ sent }) => `update messages set updated_at = null where id = '${sent.id}'`,
    ({ other }) => `update messages set updated_at = 5 where id = '${other.id}'`,
    ({ other }) => `update messages set version = 0 where id = '${other.id}'`,
  ],
  'duplicate-client-message-id': [
    ({ sent }) =>
      `drop index messages_as_sent; update messages set client_message_id = 'client-2' where id = '${sent.id}'`,
  ],
  'missing-quote': [
    ({ sent }) => `update messages set reply_to_id = 'msg_none' where id = '${sent.id}'`,
    ({
      sent,
      direct,
    }) => `update messages set reply_to_id = (select min(id) from messages where conversation_id = '${direct}')
      where id = '${sent.id}'`,
  ],
  'wrong-revision': [
    ({ sent }) => `update message_revisions set version = 3 where message_id = '${sent.id}' and version = 1`,
    ({ sent }) => `update message_revisions set version = 7 where message_id = '${sent.id}' and version = 1`,
    ({ sent }) => `update message_revisions set version = 0 where message_id = '${sent.id}' and version = 1`,
    ({ sent }) => `update message_revisions set message_id = 'msg_none' where message_id = '${sent.id}'`,
  ],
  'duplicate-revision': [
    ({ sent }) => `${withoutRules('message_revisions')}
      update message_revisions set version = 1 where message_id = '${sent.id}'`,
  ],
  'redacted-revision': [
    ({ sent }) =>
      `update message_revisions set content = '{"kind":"text"}' where message_id = '${sent.id}' and version = 1`,
    ({ sent }) => `update message_revisions set redacted_at = null where message_id = '${sent.id}' and version = 1`,
    ({ sent }) => `update message_revisions set redacted_at = 1 where message_id = '${sent.id}' and version = 2`,
  ],
  'erased-revision': [
    ({ quiet }) => `update message_revisions set history_generation = 0 where conversation_id = '${quiet}'`,
    ({ quiet }) => `update message_revisions set history_generation = 2 where conversation_id = '${quiet}'`,
    ({ quiet }) => `update conversations set settings = replace(settings, 'MEMBERS', 'NONE') where id = '${quiet}'`,
  ],
  'wrong-history-generation': [
    ({ quiet }) => `update conversations set erased_generation = 2 where id = '${quiet}'`,
    ({ group }) => `update conversations set erased_generation = -1 where id = '${group}'`,
  ],
  'unreadable-revision': [
    ({ kept }) => `update message_revisions set content = 'said' where message_id = '${kept.id}'`,
    ({ kept }) => `update message_revisions set content = '{"kind":"riddle"}' where message_id = '${kept.id}'`,
  ],
  'wrong-editor': [
    ({ kept }) => `update message_revisions set editor_id = 'bob' where message_id = '${kept.id}'`,
    ({ kept }) => `update message_revisions set editor_id = null where message_id = '${kept.id}'`,
  ],
  'wrong-deleter': [
    ({ deleted }) => `update messages set deleted_by_id = 'eve' where id = '${deleted.id}'`,
    ({ deleted }) => `update messages set deleted_by_id = null where id = '${deleted.id}'`,
    ({ sent }) => `update messages set deleted_by_id = 'ann' where id = '${sent.id}'`,
  ],
  'wrong-reaction': [
    ({ reaction }) => `delete from reactions where message_id = '${reaction.messageId}'`,
    ({ reaction }) => `update reactions set sequence = 2 where message_id = '${reaction.messageId}'`,
    ({ reaction }) => `update reactions set user_id = 'ann' where message_id = '${reaction.messageId}'`,
    ({ other, group }) => `insert into reactions (message_id, user_id, emoji, conversation_id, created_at, sequence)
      select message_id, user_id, emoji, conversation_id, 1, sequence from events
      where conversation_id = '${group}' and message_id = '${other.id}' and type = 'ReactionAdded'`,
  ],
  'duplicate-reaction': [
    ({ reaction }) => `${withoutRules('reactions')} insert into reactions select * from reactions
      where message_id = '${reaction.messageId}'`,
  ],
  'stray-reaction': [
    ({ sent }) => `delete from messages where id = '${sent.id}'`,
    ({ reaction, direct }) =>
      `update reactions set conversation_id = '${direct}' where message_id = '${reaction.messageId}'`,
  ],
  'unerased-reaction': [
    ({ deleted, group }) => `insert into reactions (message_id, user_id, emoji, conversation_id, created_at, sequence)
      values ('${deleted.id}', 'ann', '👍', '${group}', 1, 1)`,
    ({ deleted, group }) => `insert into reaction_counts values ('${deleted.id}', '👎', '${group}', 1)`,
  ],
  'wrong-reaction-count': [
    () => 'update reaction_counts set count = count + 1',
    ({ reaction }) => `delete from reaction_counts where message_id = '${reaction.messageId}'`,
    ({ other, group }) => `insert into reaction_counts values ('${other.id}', '👎', '${group}', 1)`,
  ],
  'wrong-member-count': [
    ({ group }) => `update conversations set member_count = 3 where id = '${group}'`,
    ({ group }) => `update memberships set left_sequence = null where conversation_id = '${group}'`,
    ({ erased }) => `update memberships set left_sequence = null where conversation_id = '${erased}'`,
  ],
  'wrong-joined-sequence': [
    ({ group }) => `update memberships set joined_sequence = 4 where conversation_id = '${group}' and user_id = 'ann'`,
    ({ group }) => `update memberships set joined_sequence = 2 where conversation_id = '${group}' and user_id = 'ann'`,
    ({ group }) =>
      `update memberships set first_joined_sequence = 4 where conversation_id = '${group}' and user_id = 'ann'`,
  ],
  'wrong-left-sequence': [
    ({ group }) => `update memberships set left_sequence = 4 where conversation_id = '${group}' and user_id = 'ann'`,
    ({ group }) => `update memberships set left_sequence = 1 where conversation_id = '${group}' and user_id = 'eve'`,
    ({ erased }) => `update memberships set left_sequence = 999 where conversation_id = '${erased}'`,
  ],
  'wrong-leave-reason': [
    ({ group }) =>
      `update memberships set leave_reason = 'REMOVED' where conversation_id = '${group}' and user_id = 'eve'`,
    ({ group }) => `update memberships set leave_reason = null where conversation_id = '${group}' and user_id = 'eve'`,
    ({ group }) =>
      `update memberships set leave_reason = 'LEFT' where conversation_id = '${group}' and user_id = 'ann'`,
  ],
  'wrong-direct-pair': [
    ({ direct }) => `update conversations set direct_pair = 'ann eve' where id = '${direct}'`,
    ({ direct }) => `update conversations set direct_pair = null where id = '${direct}'`,
    ({ group }) => `update conversations set direct_pair = 'ann cid' where id = '${group}'`,
    ({ direct }) => `delete from memberships where conversation_id = '${direct}' and user_id = 'bob'`,
  ],
  'wrong-thread-root': [
    ({ replied }) => `update messages set thread_root_id = 'msg_none' where id = '${replied.id}'`,
    ({ replied, direct }) => `update messages set thread_root_id = (
      select min(id) from messages where conversation_id = '${direct}') where id = '${replied.id}'`,
    ({ replied, other }) => `update messages set thread_root_id = '${other.id}' where id = '${replied.threadRootId}'`,
  ],
  'wrong-place-of-message': [
    ({ replied }) => `update messages set in_timeline = 1 where id = '${replied.id}'`,
    ({ sent }) => `update messages set also_in_conversation = 1 where id = '${sent.id}'`,
  ],
  'wrong-ordinal': [
    ({ replied }) => `update messages set ordinal = 2 where id = '${replied.id}'`,
    ({ other }) => `update messages set ordinal = ordinal - 1 where id = '${other.id}'`,
    ({ other }) => `update messages set countable = 0 where id = '${other.id}'`,
  ],
  'wrong-message-count': [({ group }) => `update conversations set message_count = 1 where id = '${group}'`],
  'wrong-thread': [
    ({ replied }) => `delete from threads where root_id = '${replied.threadRootId}'`,
    () => 'update threads set reply_count = reply_count - 1',
    () => 'update threads set message_count = message_count + 1',
    () => 'update threads set last_sequence = last_sequence - 1',
    () => 'update threads set last_reply_at = last_reply_at + 1',
    ({ other }) => `update threads set root_id = '${other.id}'`,
  ],
  'wrong-thread-state': [
    () => 'update thread_states set reply_count = 5',
    () => 'update thread_states set follows = 7',
    () => 'update thread_states set chosen = 2',
    () => 'delete from thread_states',
    () => 'update thread_states set first_reply_sequence = null',
    () => 'update thread_states set read_sequence = 1000',
    ({ other }) => `update thread_states set root_id = '${other.id}'`,
  ],
  'wrong-thread-of-event': [
    () => 'update events set thread_root_id = null where thread_root_id is not null',
    ({ sent, replied }) =>
      `update events set thread_root_id = '${replied.threadRootId}' where message_id = '${sent.id}'`,
  ],
  'wrong-mention': [
    ({ replied }) => `delete from mentions where message_id = '${replied.id}'`,
    () => `update mentions set user_id = 'cid' where user_id = 'ann'`,
    () => 'update mentions set thread_root_id = null',
    () => 'update mentions set sequence = sequence + 1',
    () => `update mentions set author_id = 'ann'`,
  ],
  'malformed-secret': [() => `update bus_secret set secret = ''`],
  'presence-without-user': [() => `update presences set user_id = 'nobody'`],
  'wrong-presence': [
    () => `update presences set choice = 'GONE'`,
    () => 'update presences set status_expires_at = 5',
    () => `update presences set status_text = '', changed_at = 5`,
    () => `update presences set status_text = 'In a call'`,
    () => 'update presences set last_seen_at = -1',
  ],
  'user-named-by-themselves': [() => 'update users set named_by = id'],
  'unreadable-conversation': [({ group }) => `update conversations set settings = 'none' where id = '${group}'`],
}

test('there is a planted fault here for every kind that a check knows', () => {
  expect(new Set(Object.keys(faults))).toEqual(new Set(rules.map(rule => rule.kind)))
})

for (const [engine, open] of Object.entries(engines))
  describe(`a check of the stored data, ${engine}`, () => {
    test('finds nothing in what the store has written', async () => {
      await using stored = await open()
      expect(await stored.kinds()).toEqual([])
    })

    for (const [kind, plants] of Object.entries(faults))
      test(`finds a ${kind}`, async () => {
        for (const fault of plants) {
          await using stored = await open()
          const sql = fault(stored.written)
          await stored.plant(sql)
          expect({ sql, kinds: await stored.kinds() }).toEqual({ sql, kinds: expect.arrayContaining([kind]) })
        }
      })
  })

describe.each(Object.entries({ sqlite: sqliteDialect, postgres: postgresDialect }))(
  'data of the version before memberships kept how they ended, %s',
  (engine, dialect) => {
    test('have that from the log, and no reactions to deleted messages, once they are migrated', async () => {
      await using stored = await engines[engine as keyof typeof engines]()
      const { deleted, group } = stored.written
      await stored.plant(`alter table users drop column profile_as_of; alter table memberships drop column leave_reason;
        insert into reactions (message_id, user_id, emoji, conversation_id, created_at, sequence)
          select message_id, user_id, emoji, conversation_id, reacted_at, sequence from events
          where message_id = '${deleted.id}' and type = 'ReactionAdded';
        insert into reaction_counts values ('${deleted.id}', '👍', '${group}', 2), ('${deleted.id}', '🎉', '${group}', 2)`)
      expect(await stored.kinds()).toContain('unerased-reaction')
      for (const sql of rulesSchema(dialect)) await stored.plant(sql)
      expect(await stored.kinds()).toEqual([])
    })
  },
)

describe.each(Object.entries({ sqlite: sqliteDialect, postgres: postgresDialect }))(
  'data of the version before histories were read, %s',
  (engine, dialect) => {
    test('name who deleted a message, and have erased the history of conversations that keep none, once migrated', async () => {
      await using stored = await engines[engine as keyof typeof engines]()
      const { quiet } = stored.written
      await stored.plant(`drop index histories_to_erase; drop index revisions_by_generation;
        alter table messages drop column deleted_by_id; alter table message_revisions drop column history_generation;
        alter table conversations drop column history_generation; alter table conversations drop column erased_generation;
        update conversations set settings = replace(settings, 'MEMBERS', 'NONE') where id = '${quiet}'`)
      for (const sql of historySchema(dialect)) await stored.plant(sql)
      expect(await stored.kinds()).toEqual([])
      await stored.plant('update conversations set erased_generation = history_generation')
      expect(await stored.kinds()).toEqual(['erased-revision'])
    })
  },
)

describe('a check of a SQLite file', () => {
  test('tells of an index that does not hold what its table holds', async () => {
    await using written = await writtenFile()
    const bytes = await readFile(written.file)
    bytes.write('client-9', bytes.indexOf('client-1'))
    await writeFile(written.file, bytes)
    const kinds = (await findingsIn(written.file)).map(finding => finding.kind)
    expect(kinds).toContain('damaged-file')
  })

  test('tells of a file whose pages are damaged, and goes on with what can be read', async () => {
    await using written = await writtenFile()
    const bytes = await readFile(written.file)
    for (let page = 24; page * 4096 < bytes.length; page += 5) bytes.fill(7, page * 4096, page * 4096 + 600)
    await writeFile(written.file, bytes)
    const kinds = (await findingsIn(written.file)).map(finding => finding.kind)
    expect(kinds).toContain('unreadable')
  })
})
