/** A set of values as the one text that goes into a statement. */
export const jsonSet = (values: Iterable<string>): string => JSON.stringify([...new Set(values)])

/** Tuples of texts, each once. */
export const jsonTuples = (tuples: Iterable<readonly string[]>): string =>
  `[${[...new Set(Array.from(tuples, tuple => JSON.stringify(tuple)))].join()}]`
