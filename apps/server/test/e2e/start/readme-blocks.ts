export interface Block {
  /** The word after the three backticks. */
  readonly language: string
  /** The words after that: what is special about running it. */
  readonly note: string
  readonly text: string
}

/** The fenced blocks of a Markdown text, in order. */
export const blocksOf = (markdown: string): readonly Block[] =>
  [...markdown.matchAll(/^```(\w*) ?([^\n]*)\n(.*?)^```$/gms)].map(([, language = '', note = '', text = '']) => ({
    language,
    note,
    text,
  }))
