import type { TextFormat } from '@cpc-messenger/messenger'
import MarkdownIt, { type Token } from 'markdown-it'

/** Only what decides where code is: blocks, code spans, and what is read before a code span. Nothing is rendered. */
const markdown = new MarkdownIt('zero', { maxNesting: 100 }).enable([
  'blockquote',
  'code',
  'fence',
  'list',
  'backticks',
  'escape',
  'autolink',
])

const mayHaveCode = /[`~\t]| {4}/

function* textsOf(tokens: readonly Token[]): Generator<string> {
  for (const { type, content, children } of tokens)
    if (type === 'text') yield content
    else if (type === 'softbreak' || type === 'hardbreak') yield '\n'
    else if (children !== null) yield* textsOf(children)
}

/** The text without code spans and code blocks, if it is Markdown: names there are not mentions. */
export const textOutsideCode = (text: string, format: TextFormat): string =>
  format === 'MARKDOWN' && mayHaveCode.test(text) ? [...textsOf(markdown.parse(text, {}))].join(' ') : text
