/** One instruction of a Dockerfile, its lines joined. */
export interface Instruction {
  readonly name: string
  readonly rest: string
}

export const parseDockerfile = (text: string): readonly Instruction[] =>
  text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .map(line => /^([A-Z]+) +(.+)$/.exec(line.trim()))
    .flatMap(match => (match === null ? [] : [{ name: match[1] ?? '', rest: match[2] ?? '' }]))

interface Copy {
  /** The stage that it copies from; undefined: the folder that is built. */
  readonly from: string | undefined
  readonly sources: readonly string[]
  readonly target: string
}

export const parseCopy = (rest: string): Copy => {
  const words = rest.split(/ +/)
  const from = words.find(word => word.startsWith('--from='))?.slice('--from='.length)
  const paths = words.filter(word => !word.startsWith('--'))
  const target = paths.at(-1)
  if (target === undefined || paths.length < 2) throw new TypeError(`COPY ${rest} names no two paths`)
  return { from, sources: paths.slice(0, -1), target }
}

/** The words of an instruction in exec form, a JSON array. */
export const execForm = (rest: string): readonly string[] => {
  const words: unknown = JSON.parse(rest)
  if (!Array.isArray(words) || !words.every(word => typeof word === 'string'))
    throw new TypeError(`${rest} is not in the exec form`)
  return words
}

export const parseEnvironment = (rest: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rest.split(/ +/).map(word => {
      const [name = '', ...value] = word.split('=')
      return [name, value.join('=')]
    }),
  )
