import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'

type Count = (type: GraphQLNamedType) => number

const fields: Count = type => (isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()).length : 0)

const fieldArguments: Count = type =>
  isObjectType(type) || isInterfaceType(type)
    ? Object.values(type.getFields()).reduce((sum, { args }) => sum + args.length, 0)
    : 0

const inputFields: Count = type => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)

const enumValues: Count = type => (isEnumType(type) ? type.getValues().length : 0)

const interfaces: Count = type => (isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0)

const possibleTypes =
  (schema: GraphQLSchema): Count =>
  type =>
    isAbstractType(type) ? schema.getPossibleTypes(type).length : 0

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The lengths of the lists in introspection: the average over all types, and the maximum of one type. */
export class IntrospectionSizes {
  readonly #average: ReadonlyMap<string, number>
  readonly #most: ReadonlyMap<string, number>

  constructor(schema: GraphQLSchema) {
    const types = Object.values(schema.getTypeMap())
    const total = (count: Count): number => sum(types.map(count))
    const whole: readonly (readonly [string, number])[] = [
      ['__Schema.types', types.length],
      ['__Schema.directives', schema.getDirectives().length],
      ['__Field.args', total(fieldArguments) / total(fields)],
      ['__Directive.args', 1],
      ['__Directive.locations', 10],
    ]
    const ofTypes: readonly (readonly [string, Count])[] = [
      ['__Type.fields', fields],
      ['__Type.inputFields', inputFields],
      ['__Type.enumValues', enumValues],
      ['__Type.interfaces', interfaces],
      ['__Type.possibleTypes', possibleTypes(schema)],
    ]
    this.#average = new Map([...whole, ...ofTypes.map(([name, count]) => [name, total(count) / types.length] as const)])
    this.#most = new Map([...whole, ...ofTypes.map(([name, count]) => [name, Math.max(...types.map(count))] as const)])
  }

  /** Undefined for a field that is not an introspection list. */
  of(coordinate: string, ofEveryType: boolean): number | undefined {
    return (ofEveryType ? this.#average : this.#most).get(coordinate)
  }
}
