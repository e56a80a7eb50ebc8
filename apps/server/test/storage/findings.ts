import { checkSqliteFile, type Finding } from '../../src/infrastructure/storage/check.ts'

export const findingsIn = async (file: string): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for await (const finding of checkSqliteFile(file)) findings.push(finding)
  return findings
}
