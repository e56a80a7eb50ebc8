import type { ResponsePath } from 'graphql'
import { abandon } from './abandon.ts'
import { type Execution, located } from './execution.ts'
import { type FieldSite, pathOf } from './field-info.ts'
import type { JsonWriter } from './json-writer.ts'
import type { LeafText } from './leaf-text.ts'
import { nullError, type Position } from './position.ts'
import { isPromiseLike } from './promise-like.ts'
import type { Resolve } from './resolver.ts'

/** A field of an object that a document selects. */
export interface Field {
  /** Throws a located error if the field is not nullable. */
  write(source: unknown, run: Execution, writer: JsonWriter, parent: ResponsePath | undefined): void
}

/** The path is created only if it is needed: most fields are leaves. */
export class LeafField implements Field {
  readonly #site: FieldSite
  readonly #resolve: Resolve
  readonly #nullable: boolean
  readonly #leaf: LeafText

  constructor(site: FieldSite, resolve: Resolve, nullable: boolean, leaf: LeafText) {
    this.#site = site
    this.#resolve = resolve
    this.#nullable = nullable
    this.#leaf = leaf
  }

  write(source: unknown, run: Execution, writer: JsonWriter, parent: ResponsePath | undefined): void {
    let value: unknown
    try {
      value = this.#resolve(source, run, parent)
      if (isPromiseLike(value)) this.#await(value, run, writer, parent)
      else this.#append(value, run, writer)
    } catch (error) {
      abandon(value)
      const known = this.#located(error, parent)
      if (!this.#nullable) throw known
      run.addError(known)
      writer.text += 'null'
    }
  }

  #await(promise: PromiseLike<unknown>, run: Execution, writer: JsonWriter, parent: ResponsePath | undefined): void {
    const placeholder = writer.placeholder(this.#nullable)
    run.await(
      promise,
      placeholder,
      error => this.#located(error, parent),
      value => this.#append(value, run, placeholder),
    )
  }

  #append(value: unknown, run: Execution, writer: JsonWriter): void {
    const leaf = this.#textOf(value)
    run.wrote(leaf.length)
    writer.text += leaf
  }

  #located(error: unknown, parent: ResponsePath | undefined) {
    return located(error, this.#site.nodes, pathOf(this.#site, parent))
  }

  #textOf(value: unknown): string {
    if (value instanceof Error) throw value
    if (value != null) return this.#leaf(value)
    if (this.#nullable) return 'null'
    throw nullError(this.#site)
  }
}

/** A field of objects, or of lists. */
export class BranchField implements Field {
  readonly #site: FieldSite
  readonly #resolve: Resolve
  readonly #position: Position

  constructor(site: FieldSite, resolve: Resolve, position: Position) {
    this.#site = site
    this.#resolve = resolve
    this.#position = position
  }

  write(source: unknown, run: Execution, writer: JsonWriter, parent: ResponsePath | undefined): void {
    const path = pathOf(this.#site, parent)
    let value: unknown
    try {
      value = this.#resolve(source, run, parent)
    } catch (error) {
      this.#position.fail(error, run, writer, path)
      return
    }
    this.#position.write(value, run, writer, path)
  }
}
