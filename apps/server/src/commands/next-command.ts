import { hidePasswords } from '../infrastructure/url-passwords.ts'

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/** What to type next, about the same database. It is printed: a password in the URL is not in it. */
export const nextCommand = (words: string, databaseUrl: string | undefined): string =>
  ['npm run messenger --', words, ...(databaseUrl === undefined ? [] : [optionOf(databaseUrl)])].join(' ')

const optionOf = (databaseUrl: string): string => quoted(`--database-url=${hidePasswords(databaseUrl)}`)
