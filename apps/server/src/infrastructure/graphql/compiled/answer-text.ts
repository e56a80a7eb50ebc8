/**
 * A part of an answer's text. Where something is still awaited it has a hole: another part, which is written when that is
 * there. A part that stands where null may stand is a boundary: an error inside that nothing else took makes null of it.
 */
export class AnswerText {
  /** What comes after the last hole. */
  text = ''
  readonly boundary: AnswerText
  readonly #outer: AnswerText | undefined
  #before: (string | AnswerText)[] | undefined
  #isNull = false

  private constructor(outer: AnswerText | undefined, isBoundary: boolean) {
    this.#outer = outer
    this.boundary = isBoundary || outer === undefined ? this : outer.boundary
  }

  /** Of a whole answer, which may be null. */
  static whole(): AnswerText {
    return new AnswerText(undefined, true)
  }

  /** What is to be appended once it is written, or given up. */
  nullable(): AnswerText {
    return new AnswerText(this, true)
  }

  /** Appends a part that is written later. */
  hole(isBoundary: boolean): AnswerText {
    const hole = new AnswerText(this, isBoundary)
    this.#cut(hole)
    return hole
  }

  append(part: AnswerText): void {
    if (part.#before === undefined) this.text += part.text
    else this.#cut(part)
  }

  /** It and all around it still count. */
  get counts(): boolean {
    for (let part: AnswerText | undefined = this; part !== undefined; part = part.#outer) if (part.#isNull) return false
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

  #cut(part: AnswerText): void {
    this.#before ??= []
    this.#before.push(this.text, part)
    this.text = ''
  }
}
