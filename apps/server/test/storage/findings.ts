import { checkPostgresDatabase, checkSqliteFile, type Finding } from '../../src/infrastructure/storage/check.ts'

export const findingsIn = (file: string): Promise<readonly Finding[]> => Array.fromAsync(checkSqliteFile(file))

export const findingsInPostgres = (url: string): Promise<readonly Finding[]> =>
  Array.fromAsync(checkPostgresDatabase(url))
