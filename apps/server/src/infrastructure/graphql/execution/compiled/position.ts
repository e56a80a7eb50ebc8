import type { ResponsePath } from 'graphql'
import { abandon } from './abandon.ts'
import { type Execution, located } from './execution.ts'
import type { FieldSite } from './field-info.ts'
import type { JsonWriter } from './json-writer.ts'
import { isPromiseLike } from './promise-like.ts'

/** Writes a value that is not null. Throws if an error makes the value null. */
export type WriteValue = (value: unknown, run: Execution, writer: JsonWriter, path: ResponsePath) => void

/** The position of a value that is not a leaf: a field, or an item of a list. */
export class Position {
  readonly #site: FieldSite
  readonly #nullable: boolean
  readonly #write: WriteValue

  constructor(site: FieldSite, nullable: boolean, write: WriteValue) {
    this.#site = site
    this.#nullable = nullable
    this.#write = write
  }

  /** Writes a value or a promise of one. Throws a located error if the position is not nullable. */
  write(value: unknown, run: Execution, writer: JsonWriter, path: ResponsePath): void {
    if (isPromiseLike(value)) this.#await(value, run, writer.placeholder(this.#nullable), path)
    else if (!this.#nullable) this.#writeLocated(value, run, writer, path)
    else if (value == null) writer.text += 'null'
    else this.#writeNullable(value, run, writer, path)
  }

  /** Like `write`, for a resolver that threw. */
  fail(error: unknown, run: Execution, writer: JsonWriter, path: ResponsePath): void {
    const known = located(error, this.#site.nodes, path)
    if (!this.#nullable) throw known
    run.addError(known)
    writer.text += 'null'
  }

  #await(promise: PromiseLike<unknown>, run: Execution, placeholder: JsonWriter, path: ResponsePath): void {
    run.await(
      promise,
      placeholder,
      error => located(error, this.#site.nodes, path),
      value => this.#into(value, run, placeholder, path),
    )
  }

  #writeNullable(value: unknown, run: Execution, writer: JsonWriter, path: ResponsePath): void {
    const part = writer.nullable()
    try {
      this.#into(value, run, part, path)
    } catch (error) {
      abandon(value)
      run.fail(located(error, this.#site.nodes, path), part)
    }
    writer.append(part)
  }

  #writeLocated(value: unknown, run: Execution, writer: JsonWriter, path: ResponsePath): void {
    try {
      this.#into(value, run, writer, path)
    } catch (error) {
      throw located(error, this.#site.nodes, path)
    }
  }

  /** `part` becomes null together with this position. */
  #into(value: unknown, run: Execution, part: JsonWriter, path: ResponsePath): void {
    if (value instanceof Error) throw value
    if (value != null) this.#write(value, run, part, path)
    else if (this.#nullable) part.text += 'null'
    else throw nullError(this.#site)
  }
}

export const nullError = ({ parentType, definition }: FieldSite): Error =>
  new Error(`${parentType}.${definition.name} is null, but its type is not nullable.`)
