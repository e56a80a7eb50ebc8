/** One element of a header, by the grammar of RFC 9110: a media type, a media range or a coding, with its parameters. */
interface HeaderElement {
  /** In lower case: `text/html`, `text/*`, `gzip`. */
  readonly name: string
  /** Names in lower case, values as sent, without quotes. The weight (`q`) is left out. */
  readonly parameters: ReadonlyMap<string, string>
}

export interface WeightedElement extends HeaderElement {
  /** From 0 (not acceptable) to 1. */
  readonly quality: number
}

const nameForm = /[!#$%&'*+.^_`|~\w-]+(?:\/[!#$%&'*+.^_`|~\w-]+)?/y
const parameterForm = /[ \t]*;[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)"))?/y
const qualityForm = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
const emptyForm = /[ \t,]*/y
/** Up to the next comma that is not in quotes. */
const restForm = /(?:[^",]|"(?:[^"\\]|\\.)*")*/y
const mediaTypeForm = /^[^/*]+\/[^/*]+$/

/** Reads a header from left to right. */
class HeaderScanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get ended(): boolean {
    return this.#at >= this.#text.length
  }

  /** Skips white space, and the commas of empty elements. */
  skipEmpty(): void {
    this.#match(emptyForm)
  }

  /** Skips an element that cannot be parsed. */
  skipElement(): void {
    this.#match(restForm)
    if (this.#text[this.#at] === '"') this.#at = this.#text.length
  }

  /** Undefined if the text is not an element or repeats a parameter. */
  element(): HeaderElement | undefined {
    const name = this.#match(nameForm)?.[0]
    if (name === undefined) return undefined
    const parameters = new Map<string, string>()
    for (let found = this.#match(parameterForm); found !== undefined; found = this.#match(parameterForm)) {
      const [, parameter, token, quoted = ''] = found
      if (parameter === undefined) continue
      const key = parameter.toLowerCase()
      if (parameters.has(key)) return undefined
      parameters.set(key, token ?? quoted.replaceAll(/\\(.)/g, '$1'))
    }
    const after = this.#at
    this.#match(/[ \t]*/y)
    const ended = this.ended || this.#text[this.#at] === ','
    if (!ended) this.#at = after
    return ended ? { name: name.toLowerCase(), parameters } : undefined
  }

  #match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.#at
    const found = form.exec(this.#text)
    if (found === null) return undefined
    this.#at = form.lastIndex
    return found
  }
}

const noParameters: ReadonlyMap<string, string> = new Map()

/** Undefined if the text is not exactly one media type. */
export const parseMediaType = (text: string): HeaderElement | undefined => {
  if (text === 'application/json') return { name: text, parameters: noParameters }
  const scanner = new HeaderScanner(text.trim())
  const element = scanner.element()
  return element !== undefined && scanner.ended && mediaTypeForm.test(element.name) ? element : undefined
}

const weighted = ({ name, parameters }: HeaderElement): WeightedElement | undefined => {
  const weight = parameters.get('q') ?? '1'
  if (!qualityForm.test(weight)) return undefined
  return {
    name,
    parameters: new Map([...parameters].filter(([parameter]) => parameter !== 'q')),
    quality: Number(weight),
  }
}

/** The elements of a header such as `Accept` or `Accept-Encoding`, in their order; those that cannot be parsed are left out. */
export const parseWeightedList = (text: string): readonly WeightedElement[] => {
  const scanner = new HeaderScanner(text)
  const elements: WeightedElement[] = []
  for (scanner.skipEmpty(); !scanner.ended; scanner.skipEmpty()) {
    const element = scanner.element()
    const read = element && weighted(element)
    if (read !== undefined) elements.push(read)
    if (element === undefined) scanner.skipElement()
  }
  return elements
}
