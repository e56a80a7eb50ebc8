import { hidePasswords } from '../infrastructure/logging/url-passwords.ts'

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

/** What to type next, about the same database. It is printed: a password in the URL is not in it. */
export const nextCommand = (words: string, databaseUrl: string | undefined): string =>
  ['npm run -s messenger --', words, ...(databaseUrl === undefined ? [] : [optionOf(databaseUrl)])].join(' ')

/** A line that says what to do with a password that is hidden in `nextCommand`, where there is one. */
export const passwordHint = (databaseUrl = ''): readonly string[] =>
  hidePasswords(databaseUrl) === databaseUrl ? [] : ['Put your password in the place of PASSWORD.']

const optionOf = (databaseUrl: string): string => quoted(`--database-url=${hidePasswords(databaseUrl)}`)
