/**
 * A part of the JSON of a result. A value that is still awaited has a placeholder: another part, written when the value
 * arrives. A nullable part is a boundary: an error in it that reaches the boundary replaces all of it by null.
 */
export class JsonWriter {
  /** The text after the last placeholder. */
  text = ''
  readonly boundary: JsonWriter
  readonly #outer: JsonWriter | undefined
  #before: (string | JsonWriter)[] | undefined
  #isNull = false

  private constructor(outer: JsonWriter | undefined, isBoundary: boolean) {
    this.#outer = outer
    this.boundary = isBoundary || outer === undefined ? this : outer.boundary
  }

  /** For a whole result, which is nullable. */
  static whole(): JsonWriter {
    return new JsonWriter(undefined, true)
  }

  /** A nullable part, to be appended once it is written or has become null. */
  nullable(): JsonWriter {
    return new JsonWriter(this, true)
  }

  /** Appends a part that will be written later. */
  placeholder(isBoundary: boolean): JsonWriter {
    const placeholder = new JsonWriter(this, isBoundary)
    this.#cut(placeholder)
    return placeholder
  }

  append(part: JsonWriter): void {
    if (part.#before === undefined) this.text += part.text
    else this.#cut(part)
  }

  /** Neither this part nor one around it has become null. */
  get counts(): boolean {
    for (let part: JsonWriter | undefined = this; part !== undefined; part = part.#outer) if (part.#isNull) return false
    return true
  }

  becomeNull(): void {
    this.#isNull = true
    this.#before = undefined
    this.text = 'null'
  }

  toString(): string {
    if (this.#before === undefined) return this.text
    let text = ''
    for (const part of this.#before) text += part
    return text + this.text
  }

  #cut(part: JsonWriter): void {
    this.#before ??= []
    this.#before.push(this.text, part)
    this.text = ''
  }
}
