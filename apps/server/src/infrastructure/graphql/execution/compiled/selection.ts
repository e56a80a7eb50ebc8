import type { ResponsePath } from 'graphql'
import type { Execution } from './execution.ts'
import type { Field } from './fields.ts'
import type { JsonWriter } from './json-writer.ts'

/** A constant text or a field. */
export type SelectedField = { readonly responseName: string } & (
  | { readonly constant: string }
  | { readonly field: Field }
)

interface Step {
  /** The text before the field: brackets, commas, names and constant values. */
  readonly before: string
  readonly field: Field
}

/** The fields of an object and the text between them. */
export class Selection {
  readonly #steps: readonly Step[]
  readonly #end: string
  /** The length of the text around the fields. */
  readonly #length: number

  constructor(selected: readonly SelectedField[]) {
    const steps: Step[] = []
    let before = '{'
    for (const [index, one] of selected.entries()) {
      before += `${index === 0 ? '' : ','}${JSON.stringify(one.responseName)}:`
      if ('constant' in one) before += one.constant
      else {
        steps.push({ before, field: one.field })
        before = ''
      }
    }
    this.#steps = steps
    this.#end = `${before}}`
    this.#length = steps.reduce((sum, step) => sum + step.before.length, this.#end.length)
  }

  write(source: unknown, run: Execution, writer: JsonWriter, path: ResponsePath | undefined): void {
    if (!run.hasRoom()) return
    run.wrote(this.#length)
    for (const { before, field } of this.#steps) {
      writer.text += before
      field.write(source, run, writer, path)
    }
    writer.text += this.#end
  }

  /** Each field starts when the previous one is complete. */
  async writeSerially(source: unknown, run: Execution, writer: JsonWriter): Promise<void> {
    run.wrote(this.#length)
    for (const { before, field } of this.#steps) {
      writer.text += before
      field.write(source, run, writer, undefined)
      if (run.unsettled) await run.settled()
      if (!writer.counts) return
    }
    writer.text += this.#end
  }
}
