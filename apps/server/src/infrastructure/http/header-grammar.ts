/** One element of a header, by the grammar of RFC 9110: a media type, a media range or a coding, with its parameters. */
export interface HeaderElement {
  /** In small letters: `text/html`, `text/*`, `gzip`. */
  readonly name: string
  /** Names in small letters, values as they came, without quotes. A weight is not among them. */
  readonly parameters: ReadonlyMap<string, string>
}

export interface WeightedElement extends HeaderElement {
  /** From 0, which refuses, to 1. */
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

  /** White space and commas of an empty element count as nothing. */
  skipEmpty(): void {
    this.#match(emptyForm)
  }

  /** Goes on behind what cannot be read. */
  skipElement(): void {
    this.#match(restForm)
    if (this.#text[this.#at] === '"') this.#at = this.#text.length
  }

  /** Undefined for what is no element; a parameter that comes twice makes it none. */
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

/** Undefined for what is no media type, or more than one. */
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

/** The elements of a header such as `Accept` or `Accept-Encoding`, as they come; those that cannot be read are left out. */
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
