import { basename, dirname } from 'node:path'
import { faultOfFileName, faultOfName, retiredNames } from './identifiers.ts'
import { phrases } from './phrases.ts'
import { type Piece, parseTypeScript } from './typescript.ts'

export interface Hit {
  readonly file: string
  readonly line: number
  readonly found: string
  readonly instead: string
}

/** Turns the stars that begin the lines of a comment, and line breaks, into spaces of the same length. */
const flatten = (text: string): string => text.replaceAll(/\n[ \t]*(?:\*|\/\/|#)?/g, gap => ' '.repeat(gap.length))

/** Blanks code of Markdown, so that only its prose is left, at the same offsets. */
const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^ *```[\s\S]*?^ *```$|`[^`\n]*`|<[^>\s]+>|\]\([^)\s]+\)/gm, code =>
    code.replaceAll(/[^\n]/g, ' '),
  )

/** Names of two words and more are found in prose too; a name of one word may be a plain word there. */
const namesInProse = [...retiredNames].filter(([name]) => /[a-z][A-Z]/.test(name))
const nameInProse = new RegExp(`\\b(?:${namesInProse.map(([name]) => name).join('|')})\\b`, 'g')

/** A phrase is found across lines: where it has a space, any number of them may be. */
const spaced = phrases.map(({ pattern, instead }) => ({
  pattern: new RegExp(pattern.source.replaceAll(' ', ' +'), pattern.flags),
  instead,
}))

interface Found {
  readonly offset: number
  readonly found: string
  readonly instead: string
}

const findInProse = ({ text, start }: Piece): readonly Found[] => {
  const flat = flatten(text)
  const ofPhrases = spaced.flatMap(({ pattern, instead }) =>
    [...flat.matchAll(pattern)].map(({ index, 0: found }) => ({
      offset: start + index,
      found: found.replaceAll(/ +/g, ' ').trim(),
      instead,
    })),
  )
  const ofNames = [...text.matchAll(nameInProse)].map(({ index, 0: found }) => ({
    offset: start + index,
    found,
    instead: retiredNames.get(found) ?? '',
  }))
  return [...ofPhrases, ...ofNames]
}

const piecesOf = (file: string, source: string): { names: readonly Piece[]; prose: readonly Piece[] } => {
  if (file.endsWith('.ts')) return parseTypeScript(file, source)
  return { names: [], prose: [{ text: file.endsWith('.md') ? withoutCode(source) : source, start: 0 }] }
}

const hitOfFileName = (file: string): Hit | undefined => {
  const stem = basename(file).replace(/\..*$/, '')
  const bad = [stem, basename(dirname(file))].find(name => faultOfFileName(name) !== undefined)
  return bad === undefined ? undefined : { file, line: 1, found: `file ${bad}`, instead: faultOfFileName(bad) ?? '' }
}

/** Everything in a file that is not said so here, in order. */
export const findIn = (file: string, source: string): readonly Hit[] => {
  const { names, prose } = piecesOf(file, source)
  const found = prose.flatMap(findInProse)
  for (const { text, start } of names) {
    const instead = faultOfName(text)
    if (instead !== undefined) found.push({ offset: start, found: text, instead })
  }
  const ofFile = hitOfFileName(file)
  const inFile = found
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, found, instead }) => ({ file, line: source.slice(0, offset).split('\n').length, found, instead }))
  return ofFile === undefined ? inFile : [ofFile, ...inFile]
}
