import { readSettings, type Settings } from '../settings.ts'

export const databaseOption = { 'database-url': { type: 'string' } } as const

/** The settings that `serve` would use, with the database of the flag if it is given. */
export const settingsFor = (values: { readonly 'database-url'?: string | undefined }): Settings => {
  const url = values['database-url']
  return readSettings({ argv: url === undefined ? [] : [`--database-url=${url}`] })
}
