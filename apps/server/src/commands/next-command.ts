import { hidePasswords } from '../infrastructure/logging/url-passwords.ts'

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/** The next command for the same database, to be printed: passwords in the URL are hidden. */
export const nextCommand = (words: string, databaseUrl: string | undefined): string =>
  ['npm run -s messenger --', words, ...(databaseUrl === undefined ? [] : [optionOf(databaseUrl)])].join(' ')

/** A line that tells the user to insert the password, if `nextCommand` has hidden one. */
export const passwordHint = (databaseUrl = ''): readonly string[] =>
  hidePasswords(databaseUrl) === databaseUrl ? [] : ['Put your password in the place of PASSWORD.']

const optionOf = (databaseUrl: string): string => quoted(`--database-url=${hidePasswords(databaseUrl)}`)
