import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  getNullableType,
  isListType,
  isObjectType,
  isScalarType,
  responsePathAsArray,
} from 'graphql'
import type { Settling } from './settling.ts'

/** What resolvers of one execution have in common. The same seed makes them do the same again. */
export interface Behaviour {
  readonly seed: number
  readonly settling: Settling
}

export interface Source {
  /** Where in the answer, without aliases. */
  readonly at: string
  readonly type: string
}

const hashed = (text: string): number => {
  let hash = 0x811c9dc5
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 12)) >>> 0
}

const nonNull = (type: GraphQLOutputType) => new GraphQLNonNull(getNullableType(type))
const listOf = (type: GraphQLOutputType) => new GraphQLList(type)

const Color = new GraphQLEnumType({ name: 'Color', values: { RED: { value: 1 }, GREEN: { value: 'g' } } })
const Odd = new GraphQLScalarType({
  name: 'Odd',
  coerceOutputValue(value) {
    if (value === 'bad') throw new Error('test: not odd')
    return { odd: [value, { nested: null }], text: 'a "quoted"\n\u2028 text' }
  },
})
const Input = new GraphQLInputObjectType({
  name: 'Input',
  fields: {
    number: { type: GraphQLInt, defaultValue: 7 },
    list: { type: new GraphQLList(new GraphQLNonNull(GraphQLInt)) },
    color: { type: Color },
  },
})

const texts = ['plain', '', 'a "quote" \\ and\nlines', '👍🏽', '\ud800 alone', '</script>\u2028', 'ü']

/** A value of a type, as bad as it gets: null where it may not be, errors, promises, what the type does not hold. */
const behave = (type: GraphQLOutputType, at: string, behaviour: Behaviour): unknown => {
  const hash = hashed(`${behaviour.seed} ${at}`)
  const chance = (hash >>> 8) % 100
  if ((hash & 3) === 0) return behaviour.settling.promise(hash, () => settled(type, at, behaviour, chance, hash))
  return settled(type, at, behaviour, chance, hash)
}

const settled = (type: GraphQLOutputType, at: string, behaviour: Behaviour, chance: number, hash: number): unknown => {
  if (chance < 4) throw new Error(`test: ${at}`)
  if (chance < 6) return new Error(`test: returned by ${at}`)
  if (chance < 9) return null
  if (chance < 11) return undefined
  const named = getNullableType(type)
  if (isListType(named)) return listValue(named.ofType, at, behaviour, chance, hash)
  if (named === GraphQLString || named === GraphQLID) return chance < 20 ? hash : texts[hash % texts.length]
  if (named === GraphQLInt) return chance < 14 ? 'no number' : chance < 20 ? hash * 2 : hash % 1000
  if (named === GraphQLFloat) return chance < 14 ? Number.NaN : hash / 7
  if (named === GraphQLBoolean) return hash % 2 === 0
  if (named === Color) return chance < 14 ? 'no color' : chance < 50 ? 1 : 'g'
  if (isScalarType(named)) return chance < 14 ? 'bad' : hash % 10
  return source(isObjectType(named) ? named.name : (['Leaf', 'Branch', 'Loner'][hash % 3] ?? ''), at)
}

const listValue = (type: GraphQLOutputType, at: string, behaviour: Behaviour, chance: number, hash: number) => {
  if (chance < 14) return 'no list'
  const items = Array.from({ length: hash % 4 }, (_, index) => () => behave(type, `${at}.${index}`, behaviour))
  const list = items.map(item => {
    try {
      return item()
    } catch (error) {
      return error
    }
  })
  return chance < 30 ? new Set(list) : list
}

/** Some fields are read from it, and not resolved. */
const source = (type: string, at: string) => ({
  at,
  type,
  read: `read ${at}`,
  called(args: { readonly number?: number }, _context: Behaviour, info: { readonly fieldName: string }) {
    return `${this.at} ${info.fieldName} ${args.number}`
  },
  late: at.length % 3 === 0 ? null : at.length,
})

type Config = GraphQLFieldConfig<Source, Behaviour>

const behaving = (type: GraphQLOutputType): Config => ({
  type,
  resolve(parent, _args, behaviour) {
    return behave(type, `${parent.at}/${type}`, behaviour)
  },
})

const informed: Config = {
  type: GraphQLString,
  resolve: (_source, _args, _context, info) =>
    [
      responsePathAsArray(info.path).join('.'),
      info.fieldName,
      info.parentType,
      info.returnType,
      info.fieldNodes.length,
      info.operation.operation,
      Object.keys(info.fragments),
      JSON.stringify(info.variableValues.coerced),
      JSON.stringify(info.rootValue),
      info.schema.getQueryType(),
    ].join(' '),
}

const echo: Config = {
  type: GraphQLString,
  args: {
    number: { type: GraphQLInt, defaultValue: 3 },
    color: { type: Color },
    input: { type: Input },
  },
  resolve: (_source, args) => JSON.stringify(args),
}

const strict: Config = {
  type: GraphQLString,
  args: { number: { type: new GraphQLNonNull(GraphQLInt) } },
  resolve: (_source, { number }) => `strict ${number}`,
}

const leaves: GraphQLFieldConfigMap<Source, Behaviour> = {
  text: behaving(GraphQLString),
  textThere: behaving(nonNull(GraphQLString)),
  id: behaving(GraphQLID),
  int: behaving(GraphQLInt),
  float: behaving(GraphQLFloat),
  yes: behaving(GraphQLBoolean),
  color: behaving(Color),
  odd: behaving(Odd),
  oddThere: behaving(nonNull(Odd)),
  texts: behaving(listOf(GraphQLString)),
  textsThere: behaving(nonNull(listOf(nonNull(GraphQLString)))),
  numbers: behaving(listOf(listOf(nonNull(GraphQLInt)))),
  read: { type: GraphQLString },
  called: { type: GraphQLString, args: { number: { type: GraphQLInt } } },
  late: { type: nonNull(GraphQLInt) },
  informed,
  echo,
  strict,
}

/** A type now and then, as text, late, or wrong. */
const resolveType = ({ type, at }: Source, { seed, settling }: Behaviour) => {
  const hash = hashed(`type ${seed} ${at}`)
  const chance = hash % 100
  if (chance < 3) return 'Nothing'
  if (chance < 6) return 'Query'
  return chance < 20 ? settling.promise(hash, () => type) : type
}

const Thing: GraphQLInterfaceType = new GraphQLInterfaceType({
  name: 'Thing',
  fields: () => branches(),
  resolveType: (value, context) => resolveType(value, context),
})

const objectNamed = (name: string, interfaces: readonly GraphQLInterfaceType[]) =>
  new GraphQLObjectType<Source, Behaviour>({ name, interfaces, fields: () => branches() })

const Leaf = objectNamed('Leaf', [Thing])
const Branch = objectNamed('Branch', [Thing])
const Loner = objectNamed('Loner', [])
const Item = new GraphQLUnionType({
  name: 'Item',
  types: [Leaf, Loner],
  resolveType: (value, context) => resolveType(value, context),
})

const branches = (): GraphQLFieldConfigMap<Source, Behaviour> => ({
  ...leaves,
  leaf: behaving(Leaf),
  leafThere: behaving(nonNull(Leaf)),
  thing: behaving(Thing),
  thingThere: behaving(nonNull(Thing)),
  item: behaving(Item),
  itemThere: behaving(nonNull(Item)),
  branches: behaving(listOf(Branch)),
  branchesThere: behaving(nonNull(listOf(nonNull(Branch)))),
  things: behaving(listOf(nonNull(Thing))),
  items: behaving(nonNull(listOf(Item))),
  lists: behaving(listOf(nonNull(listOf(Loner)))),
  listsOfThere: behaving(listOf(listOf(nonNull(Loner)))),
  deepLists: behaving(listOf(nonNull(listOf(nonNull(listOf(nonNull(GraphQLInt))))))),
})

/** Every kind of type in every place, nullable and not; resolvers do anything, the same for the same seed. */
export const behavingSchema = new GraphQLSchema({
  query: objectNamed('Query', []),
  mutation: objectNamed('Mutation', []),
  subscription: objectNamed('Subscription', []),
  types: [Leaf, Branch, Loner],
})

export const rootSource = source('root', '')
