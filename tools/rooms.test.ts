import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { importsOf } from './rooms/imports.ts'
import { inspect } from './rooms/inspect.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rooms-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const server = 'apps/server/src'
/** A file of each room, so that what imports it finds it. */
const house = [
  'packages/messenger/src/index.ts',
  'packages/messenger/src/message.ts',
  'packages/protocol/src/index.ts',
  `${server}/main.ts`,
  `${server}/settings.ts`,
  `${server}/services/messages.ts`,
  `${server}/delivery/hub.ts`,
  `${server}/infrastructure/http/transport.ts`,
  `${server}/infrastructure/sockets/socket.ts`,
  `${server}/infrastructure/storage/store.ts`,
  `${server}/infrastructure/graphql/transport.ts`,
  `${server}/commands/serve.ts`,
  'apps/server/test/helper.ts',
]

const write = (file: string, source: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), source)
}

const faultsOf = (file: string, source: string): readonly string[] => {
  for (const other of house) write(other, 'export const x = 1\n')
  write(file, source)
  return inspect(root).faults
}

describe('the rooms', () => {
  it.each([
    ['packages/messenger/src/a.ts', "import { readFile } from 'node:fs'"],
    ['packages/messenger/src/a.ts', "import { z } from 'zod'"],
    ['packages/messenger/src/a.ts', "import type { Frame } from '@cpc-messenger/protocol'"],
    ['packages/protocol/src/a.ts', "import { fine, but } from '@cpc-messenger/messenger'"],
    ['packages/protocol/src/a.ts', "import { type Fine, but } from '@cpc-messenger/messenger'"],
    ['packages/protocol/src/a.ts', "import { pino } from 'pino'"],
    ['packages/protocol/src/a.ts', "import { x } from '../../messenger/src/index.ts'"],
    [`${server}/services/a.ts`, "import { x } from '../delivery/hub.ts'"],
    [`${server}/services/a.ts`, "import type { x } from '../infrastructure/http/transport.ts'"],
    [`${server}/services/a.ts`, "import { x } from '../infrastructure/storage/store.ts'"],
    [`${server}/services/a.ts`, "import { x } from '../settings.ts'"],
    [`${server}/services/a.ts`, "export * from '../delivery/hub.ts'"],
    [`${server}/services/a.ts`, "export type { x } from '../delivery/hub.ts'"],
    [`${server}/services/a.ts`, "const { x } = await import('../delivery/hub.ts')"],
    [`${server}/services/a.ts`, "import '../delivery/hub.ts'"],
    [`${server}/services/a.ts`, "export type X = import('../delivery/hub.ts').X"],
    [`${server}/services/a.ts`, "const name = '../delivery/hub.ts'; await import(name)"],
    [`${server}/services/a.ts`, "import { x } from '../../test/helper.ts'"],
    [`${server}/delivery/a.ts`, "import { x } from '../infrastructure/storage/store.ts'"],
    [`${server}/delivery/a.ts`, "import { x } from '../infrastructure/http/transport.ts'"],
    [`${server}/infrastructure/graphql/a.ts`, "import { x } from '../storage/store.ts'"],
    [`${server}/infrastructure/graphql/deep/a.ts`, "import type { x } from '../../storage/store.ts'"],
    [`${server}/infrastructure/graphql/a.ts`, "import { x } from '../../main.ts'"],
    [`${server}/infrastructure/graphql/a.ts`, "import { x } from '../../commands/serve.ts'"],
    [`${server}/infrastructure/http/transport.ts`, "import { x } from '../storage/store.ts'"],
    [`${server}/infrastructure/http/transport.ts`, "import { x } from '../sockets/socket.ts'"],
    [`${server}/infrastructure/loose.ts`, "import { x } from './http/transport.ts'"],
    [`${server}/settings.ts`, "import { x } from './infrastructure/storage/store.ts'"],
    [`${server}/services/a.ts`, "import { x } from '@cpc-messenger/messenger/src/message.ts'"],
    [`${server}/services/a.ts`, "import { x } from './gone.ts'"],
  ])('forbid: %s may not import by %s', (file, source) => {
    const faults = faultsOf(file, `// the second line is at fault\n${source}\n`)
    expect(faults.filter(fault => fault.startsWith(`${file}:2: `))).toHaveLength(1)
    expect(faults.filter(fault => !fault.startsWith(`${file}:`))).toEqual([])
  })

  it.each([
    ['packages/messenger/src/a.ts', "import { x } from './message.ts'"],
    ['packages/protocol/src/a.ts', "import type { X } from '@cpc-messenger/messenger'\nimport { z } from 'zod'"],
    [
      `${server}/services/a.ts`,
      "import { x } from '@cpc-messenger/messenger'\nimport { setTimeout } from 'node:timers/promises'",
    ],
    [`${server}/delivery/a.ts`, "import { x } from '../services/messages.ts'"],
    [
      `${server}/infrastructure/graphql/a.ts`,
      "import { x } from '../http/transport.ts'\nimport { y } from '../../delivery/hub.ts'",
    ],
    [`${server}/infrastructure/graphql/deep/a.ts`, "import { x } from '../transport.ts'"],
    [`${server}/main.ts`, "import './infrastructure/graphql/transport.ts'\nimport './infrastructure/storage/store.ts'"],
    [`${server}/commands/serve.ts`, "import { x } from '../main.ts'\nimport './../infrastructure/storage/store.ts'"],
    [
      `${server}/services/a.ts`,
      "// import { x } from '../delivery/hub.ts'\nconst text = `import '../delivery/hub.ts'`",
    ],
    ['apps/server/test/a.test.ts', "import { x } from '../src/infrastructure/storage/store.ts'\nimport 'vitest'"],
    ['bench/src/main.ts', "import { x } from '../../apps/server/src/main.ts'"],
  ])('allow: %s may import by %s', (file, source) => {
    expect(faultsOf(file, `${source}\n`)).toEqual([])
  })

  it('have no circles, not of types and not in tests', () => {
    write('apps/server/test/a.ts', "import type { B } from './b.ts'\nexport type A = B\n")
    write('apps/server/test/b.ts', "import './c.ts'\nexport type B = 1\n")
    write('apps/server/test/c.ts', "export * from './a.ts'\n")
    expect(inspect(root).faults).toEqual([
      'a circle: apps/server/test/a.ts -> apps/server/test/b.ts -> apps/server/test/c.ts -> apps/server/test/a.ts',
    ])
  })
})

describe('folders', () => {
  const faultsOf = (files: readonly string[]) => {
    for (const file of files) write(file, 'export const x = 1\n')
    return inspect(root).faults
  }
  const many = (folder: string, count: number) => Array.from({ length: count }, (_, n) => `${folder}/${n}.ts`)

  it('hold at most 20 files, in tests too', () => {
    expect(faultsOf([...many(`${server}/services/reads`, 20), ...many('apps/server/test/bus', 21)])).toEqual([
      'apps/server/test/bus: 21 files; sort them into folders of at most 20',
    ])
  })

  it('of the source hold files or folders, except entry files', () => {
    const files = ['services/reads/a.ts', 'services/loose.ts', 'infrastructure/graphql/transport.ts', 'main.ts']
    const inRooms = ['infrastructure/graphql/schema/users/b.ts', 'infrastructure/graphql/schema/schema.ts']
    expect(faultsOf([...files, ...inRooms].map(file => `${server}/${file}`))).toEqual([
      `${server}/services/loose.ts: is beside folders; move it into one of them`,
    ])
  })
})

it('rooms and the arrows between them are counted', () => {
  write(`${server}/services/reads/a.ts`, "import '@cpc-messenger/messenger'\n")
  write(`${server}/delivery/log/b.ts`, "import { x } from '../../services/reads/a.ts'\nimport './c.ts'\n")
  write(`${server}/delivery/log/c.ts`, "import { x } from '../../services/reads/a.ts'\n")
  write('packages/messenger/src/index.ts', 'export const x = 1\n')
  expect(inspect(root)).toMatchObject({ rooms: 3, arrows: 2, faults: [] })
})

describe('the imports of a file', () => {
  it('are read from TypeScript as it is', () => {
    const source = 'const generic = <T,>(x: T) => x satisfies T\nimport type A from "./a.ts"\nenum E {}\n'
    expect(importsOf('x.ts', source)).toEqual([{ target: './a.ts', typeOnly: true, line: 2 }])
  })

  it('are an error if the file cannot be parsed', () => {
    expect(() => importsOf('x.ts', 'import { from')).toThrow(SyntaxError)
  })
})
