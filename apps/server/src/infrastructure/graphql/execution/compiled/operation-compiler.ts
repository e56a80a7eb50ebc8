import {
  type DocumentNode,
  type GraphQLNullableOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isLeafType,
  isListType,
  isNullableType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import { abstractWriter } from './abstract-writer.ts'
import type { Conditions } from './conditions.ts'
import { fieldArguments } from './field-arguments.ts'
import type { FieldNodes, FieldSite } from './field-info.ts'
import { BranchField, type Field, LeafField } from './fields.ts'
import { type LeafText, leafText } from './leaf-text.ts'
import { listWriter } from './list-writer.ts'
import { Position, type WriteValue } from './position.ts'
import { resolverOf } from './resolver.ts'
import { SelectedFields } from './selected-fields.ts'
import { type SelectedField, Selection } from './selection.ts'

const leafWriter =
  (leaf: LeafText): WriteValue =>
  (value, run, writer) => {
    const written = leaf(value)
    run.wrote(written.length)
    writer.text += written
  }

/** Compiles an operation's selections for one outcome of its conditions. */
export class OperationCompiler {
  readonly #schema: GraphQLSchema
  readonly #selected: SelectedFields

  constructor(schema: GraphQLSchema, document: DocumentNode, conditions: Conditions) {
    this.#schema = schema
    this.#selected = new SelectedFields(schema, document, conditions)
  }

  selection(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): Selection {
    const fields = [...this.#selected.of(type, selections)]
    return new Selection(fields.flatMap(([responseName, nodes]) => this.#selectedField(type, responseName, nodes)))
  }

  #selectedField(parentType: GraphQLObjectType, responseName: string, nodes: FieldNodes): SelectedField[] {
    const name = nodes[0].name.value
    if (name === '__typename') return [{ responseName, constant: JSON.stringify(parentType.name) }]
    const definition = this.#schema.getField(parentType, name)
    return definition === undefined
      ? []
      : [{ responseName, field: this.#field({ responseName, parentType, definition, nodes }) }]
  }

  #field(site: FieldSite): Field {
    const { definition, nodes } = site
    const resolve = resolverOf(site, fieldArguments(definition, nodes[0]))
    const type = getNullableType(definition.type)
    if (isLeafType(type)) return new LeafField(site, resolve, isNullableType(definition.type), leafText(type))
    return new BranchField(site, resolve, this.#position(site, definition.type))
  }

  #position(site: FieldSite, type: GraphQLOutputType): Position {
    return new Position(site, isNullableType(type), this.#writer(site, getNullableType(type)))
  }

  #writer(site: FieldSite, type: GraphQLNullableOutputType): WriteValue {
    if (isListType(type)) return listWriter(site, this.#position(site, type.ofType))
    if (isLeafType(type)) return leafWriter(leafText(type))
    const selections = site.nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    if (!isObjectType(type))
      return abstractWriter({
        schema: this.#schema,
        type,
        site,
        selectionOf: object => this.selection(object, selections),
      })
    const selection = this.selection(type, selections)
    return (value, run, writer, path) => selection.write(value, run, writer, path)
  }
}
