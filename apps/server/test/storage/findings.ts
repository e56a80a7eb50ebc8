import { checkPostgresDatabase, checkSqliteFile, type Finding } from '../../src/infrastructure/storage/checks/check.ts'

const allOf = async (found: AsyncIterable<Finding>): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for await (const finding of found) findings.push(finding)
  return findings
}

export const findingsIn = (file: string): Promise<readonly Finding[]> => allOf(checkSqliteFile(file))

export const findingsInPostgres = (url: string): Promise<readonly Finding[]> => allOf(checkPostgresDatabase(url))
