import { number } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import type { SqliteConnection } from './connection.ts'

/** "CPCM", in the file's header. */
const applicationId = 0x4350434d

export const isMessengerFile = (connection: SqliteConnection): boolean =>
  connection.query(row({ application_id: number }), 'pragma application_id')[0]?.application_id === applicationId

/** Marks a new file as a messenger database; refuses a file with other contents. */
export const claimFile = (connection: SqliteConnection): void => {
  const [file] = connection.query(
    row({ application_id: number, tables: number }),
    'select application_id, (select count(*) from sqlite_schema) as tables from pragma_application_id',
  )
  if (file?.application_id === applicationId) return
  if (file?.application_id !== 0 || file.tables > 0)
    throw new DataFileError('The database file belongs to another program: it is not a messenger database.')
  connection.execute(`pragma application_id = ${applicationId}`)
}
