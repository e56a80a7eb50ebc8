/** The packages from npm, modules of Node and rooms that a room may import. */
interface Room {
  readonly name: string
  /** The files in it; what `inner` captures tells rooms of one kind apart. */
  readonly files: RegExp
  readonly rooms: readonly string[]
  /** Rooms of which only types may come. */
  readonly typesOf?: readonly string[]
  readonly npm: 'any' | readonly string[]
  readonly node: boolean
}

const server = 'apps/server/src'
const inner = ['delivery', 'services', 'messenger', 'protocol']

/** Rooms of `infrastructure` that every adapter may use, and what each may use of the others. */
const foundations: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  files: [],
  logging: [],
  network: [],
  tables: [],
  scheduling: [],
  http: ['errors', 'network'],
  sockets: ['errors', 'http', 'network', 'scheduling'],
}
const foundationNames = Object.keys(foundations)

/** From the innermost out. A file is in the first room that holds it; files in none of them are free. */
const rooms: readonly Room[] = [
  { name: 'messenger', files: /^packages\/messenger\/src\//, rooms: [], npm: [], node: false },
  {
    name: 'protocol',
    files: /^packages\/protocol\/src\//,
    rooms: ['messenger'],
    typesOf: ['messenger'],
    npm: ['zod'],
    node: false,
  },
  { name: 'services', files: /^apps\/server\/src\/services\//, rooms: ['messenger'], npm: 'any', node: true },
  {
    name: 'delivery',
    files: /^apps\/server\/src\/delivery\//,
    rooms: ['services', 'messenger'],
    npm: 'any',
    node: true,
  },
  ...Object.entries(foundations).map(([name, others]) => ({
    name,
    files: new RegExp(`^apps/server/src/infrastructure/${name}/`),
    rooms: [...others, ...inner],
    npm: 'any' as const,
    node: true,
  })),
  {
    name: 'adapter',
    files: /^apps\/server\/src\/infrastructure\/(?<inner>[^/]+)\//,
    rooms: [...foundationNames, ...inner],
    npm: 'any',
    node: true,
  },
  {
    name: 'commands',
    files: /^apps\/server\/src\/commands\//,
    rooms: ['main', 'settings', 'adapter', ...foundationNames, ...inner],
    npm: 'any',
    node: true,
  },
  {
    name: 'main',
    files: /^apps\/server\/src\/(?:main|database)\.ts$/,
    rooms: ['settings', 'adapter', ...foundationNames, ...inner],
    npm: 'any',
    node: true,
  },
  { name: 'cli', files: /^apps\/server\/src\/cli\.ts$/, rooms: ['commands'], npm: 'any', node: true },
  {
    name: 'settings',
    files: /^apps\/server\/src\/[^/]+$/,
    rooms: ['adapter', ...foundationNames, 'services', 'messenger'],
    typesOf: ['adapter'],
    npm: 'any',
    node: true,
  },
]

interface Place {
  readonly room: Room
  /** Each adapter is a separate room of the same kind. */
  readonly id: string
}

const placeOf = (file: string): Place | undefined => {
  for (const room of rooms) {
    const match = room.files.exec(file)
    if (match !== null) return { room, id: `${room.name} ${match.groups?.inner ?? ''}`.trim() }
  }
  return undefined
}

/** The name of the room of a file; undefined for tests, benchmarks and tools. */
export const roomOf = (file: string): string | undefined => placeOf(file)?.id

/** The folders that the rules apply to: tests, benchmarks and tools are free. */
const checkedFolders = [`${server}/`, 'packages/messenger/src/', 'packages/protocol/src/']

/** Why a file may not import another file; undefined if it may. */
export const faultOfFile = (from: string, to: string, typeOnly: boolean): string | undefined => {
  const here = placeOf(from)
  if (here === undefined) return `${from} is in no room`
  const there = placeOf(to)
  if (there === undefined) return `${here.id} imports ${to}, which is in no room`
  if (here.id === there.id) return undefined
  if (!here.room.rooms.includes(there.room.name)) return `${here.id} may not import ${there.id}`
  if (here.room.typesOf?.includes(there.room.name) && !typeOnly)
    return `${here.id} may import only types of ${there.id}`
  return undefined
}

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

export const isFree = (file: string): boolean => !checkedFolders.some(prefix => file.startsWith(prefix))

/** Why a file may not import a package or a module of Node; undefined if it may. */
export const faultOfOutside = (from: string, specifier: string): string | undefined => {
  const here = placeOf(from)
  if (here === undefined) return `${from} is in no room`
  const { npm, node } = here.room
  if (specifier.startsWith('node:')) return node ? undefined : `${here.id} may not import ${specifier}`
  return npm === 'any' || npm.includes(packageOf(specifier)) ? undefined : `${here.id} may not import ${specifier}`
}
