import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ask } from '../server/graphql-request.ts'
import { messengerCheck } from '../server/messenger-check.ts'
import { messengerCommand } from '../server/messenger-command.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'

const run = async (url: string, token: string, mutation: string, input: object): Promise<string> => {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`
  const payload = mutation.endsWith('Conversation')
    ? mutation.startsWith('delete')
      ? 'conversationId'
      : 'conversation { id }'
    : 'message { id }'
  const answer = await ask(url, token, `mutation($input: ${type}) { ${mutation}(input: $input) { ${payload} } }`, {
    input,
  })
  return /(?:conv|msg)_\w+/.exec(JSON.stringify(answer))?.[0] ?? ''
}

const found = async (folder: string, texts: readonly string[]): Promise<readonly string[]> => {
  const files = (await readdir(folder)).filter(name => name.startsWith('messenger.db'))
  const bytes = await Promise.all(files.map(name => readFile(join(folder, name), 'latin1')))
  return texts.filter(text => bytes.some(content => content.includes(text)))
}

it('what people erased is in no file after messenger scrub, while they go on sending', async () => {
  await using server = await RunningServer.start()
  const { url, databaseFile } = server
  const token = await tokenFor('alice')
  const act = (mutation: string, input: object) => run(url, token, mutation, input)
  const create = (historyVisibility: string) =>
    act('createConversation', { kind: 'GROUP', name: 'a room', settings: { historyVisibility } })
  const send = (conversationId: string, text: string) =>
    act('sendMessage', { conversationId, content: { text: { text } } })
  const edit = (messageId: string, text: string) => act('updateMessage', { messageId, content: { text: { text } } })
  const [quiet, kept, changed, gone] = [
    await create('NONE'),
    await create('MEMBERS'),
    await create('MEMBERS'),
    await create('MEMBERS'),
  ]
  await edit(await send(quiet, 'SECRET edited under NONE'), `Edited. ${'x'.repeat(3000)}`)
  await act('deleteMessage', { messageId: await send(quiet, 'SECRET deleted under NONE') })
  const redacted = await send(kept, 'SECRET redacted')
  await edit(redacted, 'Redacted.')
  await act('redactRevision', { messageId: redacted, version: 1 })
  await edit(await send(kept, 'KEPT as a revision'), 'KEPT now')
  await edit(await send(changed, 'SECRET before the change'), 'KEPT after the change')
  await act('updateConversation', { conversationId: changed, settings: { historyVisibility: 'NONE' } })
  await edit(await send(gone, 'SECRET in a deleted conversation'), 'SECRET edit in it')
  await act('deleteConversation', { conversationId: gone })
  const secrets = [
    'SECRET edited under NONE',
    'SECRET deleted under NONE',
    'SECRET redacted',
    'SECRET before the change',
    'SECRET in a deleted conversation',
    'SECRET edit in it',
  ]
  expect(await found(server.folder, secrets)).toEqual(secrets)
  let isSending = true
  const sending = (async () => {
    for (let sent = 0; isSending; sent += 1) await send(kept, `KEPT, sent meanwhile: ${sent}`)
  })()
  const scrubbed = await messengerCommand(databaseFile, ['scrub'])
  isSending = false
  await sending
  expect(scrubbed).toMatchObject({ code: 0, stdout: expect.stringMatching(/holds nothing that was erased/) })
  expect(await found(server.folder, secrets)).toEqual([])
  const keptTexts = ['KEPT as a revision', 'KEPT now', 'KEPT after the change', 'KEPT, sent meanwhile: 0']
  expect(await found(server.folder, keptTexts)).toEqual(keptTexts)
  expect(await messengerCheck(server.databaseUrl)).toBe('0 findings')
  await server.stop()
  expect(await messengerCommand(databaseFile, ['scrub'])).toMatchObject({ code: 0 })
  expect(await found(server.folder, secrets)).toEqual([])
}, 60_000)

it('messenger scrub says in one line why it does nothing', async () => {
  await using server = await RunningServer.start()
  const postgres = await messengerCommand(server.databaseFile, [
    'scrub',
    '--database-url=postgres://user@host/database',
  ])
  expect(postgres).toMatchObject({ code: 1, stderr: expect.stringMatching(/^messenger scrub is for SQLite: .*\n$/) })
  const other = await messengerCommand(server.databaseFile, ['scrub', `--database-url=file:${server.folder}/other.db`])
  expect(other).toMatchObject({ code: 1, stderr: expect.stringMatching(/^There is no data to scrub: .*\n$/) })
})
