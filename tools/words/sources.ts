/** What is read. */
export const sources: readonly string[] = [
  '*.{md,ts,yaml}',
  '{docs,deploy,.ci}/**/*.*',
  '.ci/run',
  'Dockerfile',
  '{packages,apps}/*/{src,test}/**/*.ts',
  'bench/{src,test}/**/*.ts',
  'tools/**/*.{ts,sh}',
]

/** The list of words itself. */
export const excluded: readonly string[] = ['tools/words', 'tools/words.test.ts']

/** Folders that are not rewritten yet: what is found there is counted, but is not a failure. */
export const pending: readonly string[] = ['apps']
