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

/** The list of words itself, and what the people of the demo say. */
export const excluded: readonly string[] = [
  'tools/words',
  'tools/words.test.ts',
  'apps/server/src/commands/demo/script.ts',
]
