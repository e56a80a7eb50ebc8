import { parseSync, Visitor } from 'rolldown/utils'

/** A piece of a file, with where it begins. */
export interface Piece {
  readonly text: string
  readonly start: number
}

interface Parsed {
  readonly names: readonly Piece[]
  /** Comments, and strings that hold a space: messages, descriptions, names of tests. */
  readonly prose: readonly Piece[]
}

/** The names and the prose of a TypeScript file. Throws a `SyntaxError` if it cannot be parsed. */
export const parseTypeScript = (file: string, source: string): Parsed => {
  const { comments, errors, program } = parseSync(file, source)
  const [error] = errors
  if (error !== undefined) throw new SyntaxError(`${file}: ${error.message}`)
  const names: Piece[] = []
  const prose: Piece[] = comments.map(({ value, start }) => ({ text: value, start: start + 2 }))
  const addString = (text: string, start: number): void => {
    if (text.includes(' ')) prose.push({ text, start })
  }
  new Visitor({
    Identifier: ({ name, start }) => void names.push({ text: name, start }),
    PrivateIdentifier: ({ name, start }) => void names.push({ text: name, start }),
    Literal({ value, start }) {
      if (typeof value === 'string') addString(value, start)
    },
    TemplateElement: ({ value, start }) => addString(value.raw, start),
  }).visit(program)
  return { names, prose }
}
