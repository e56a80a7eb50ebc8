import type { Codec, SqlValue, StoredOf } from './codec.ts'
import { mapRow, type RowCodec, rowOfColumns } from './row.ts'
import { hasShape, type TypeGuard } from './shape.ts'

/**
 * How writing a row over a stored one changes a column: `key` identifies the stored row, `kept` keeps the stored value,
 * `replaced` takes the new value, `greatest` takes the greater of the two. An indexed column that never changes is `kept`,
 * because replacing it would write the index again.
 */
export type OnConflict = 'key' | 'kept' | 'replaced' | 'greatest'

export interface TableColumn<Input> {
  readonly name: string
  readonly onConflict: OnConflict
  /** The stored columns of a value. */
  readonly write: (input: Input) => SqlValue
}

/** A table: its columns, how they are stored, and how a row is written over another. */
export interface Table<Value, Input = Value, Row = unknown> {
  readonly name: string
  readonly columns: readonly TableColumn<Input>[]
  /** The columns of its primary key. */
  readonly key: readonly string[]
  /** Parses whole rows. */
  readonly row: RowCodec<Value>
  /** Whether a value that another process sends is a row. */
  readonly is: TypeGuard<Value>
  /** Only a type: its columns as they are stored. */
  readonly stored?: Row
}

export type StoredRow<Of> = Of extends { readonly stored?: infer Row } ? Row : never

interface TableField<Value, Stored extends SqlValue = SqlValue> extends Codec<Value, Stored> {
  readonly onConflict?: OnConflict
  /** The name of the column, if it differs from that of the property. */
  readonly column?: string
}

interface AnyField {
  readonly is: TypeGuard
  readonly read: (stored: unknown) => unknown
  readonly write: (value: never) => SqlValue
  readonly onConflict?: OnConflict
  readonly column?: string
}

/** A column that is not a property of the value. */
interface AddedColumn<Input, Stored extends SqlValue = SqlValue> {
  readonly onConflict?: OnConflict
  readonly of: (input: Input) => Stored
}

const markedAs =
  (onConflict: OnConflict) =>
  <Column extends object>(column: Column): Column & { readonly onConflict: OnConflict } => ({ ...column, onConflict })

export const key = markedAs('key')
export const kept = markedAs('kept')
export const greatest = markedAs('greatest')

/** A column whose name differs from that of its property. */
export const storedIn = <const Column extends string, Of extends object>(
  column: Column,
  field: Of,
): Of & { readonly column: Column } => ({ ...field, column })

type SnakeCase<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeCase<Rest>}`
    : `_${Lowercase<First>}${SnakeCase<Rest>}`
  : ''

/** The column of a property: `replyToId` is stored in `reply_to_id`. */
export const columnOf = (property: string): string => property.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

type ColumnOf<Property extends string, Of> = Of extends { readonly column: infer Column extends string }
  ? Column
  : SnakeCase<Property>

type Stored<Fields, Added> = {
  readonly [Property in keyof Fields & string as ColumnOf<Property, Fields[Property]>]: StoredOf<Fields[Property]>
} & {
  readonly [Property in keyof Added & string as SnakeCase<Property>]: Added[Property] extends {
    readonly of: (input: never) => infer Value
  }
    ? Value
    : never
}

/** In two calls, so that the types of the values are given and those of the columns are inferred. */
export const defineTable =
  <Value extends object, Input extends Value = Value>() =>
  <
    const Fields extends { readonly [Property in keyof Value]-?: TableField<Exclude<Value[Property], undefined>> },
    const Added extends Readonly<Record<string, AddedColumn<Input>>>,
  >(
    name: string,
    { fields, added, complete }: TableDefinition<Value, Fields, Added>,
  ): Table<Value, Input, Stored<Fields, Added>> => {
    const properties = Object.entries<AnyField>(fields as Readonly<Record<string, AnyField>>)
    const ofFields = properties.map(([property, { onConflict = 'replaced', column, write }]) => ({
      name: column ?? columnOf(property),
      onConflict,
      write: (input: Input) => write(input[property as keyof Value] as never),
    }))
    const ofAdded = Object.entries<AddedColumn<Input>>(added ?? {}).map(
      ([property, { onConflict = 'replaced', of }]) => ({
        name: columnOf(property),
        onConflict,
        write: of,
      }),
    )
    const columns = [...ofFields, ...ofAdded]
    const row = rowOfColumns<Value>(
      properties.map(([property, { column, read }]) => ({ property, column: column ?? columnOf(property), read })),
    )
    return {
      name,
      columns,
      key: columns.filter(({ onConflict }) => onConflict === 'key').map(column => column.name),
      row: complete === undefined ? row : mapRow(row, complete),
      is: hasShape<Value>(checksOf<Value>(fields)),
    }
  }

interface TableDefinition<Value, Fields, Added> {
  /** Each property of the value. */
  readonly fields: Fields
  /** Columns that are written and never parsed. */
  readonly added?: Added
  /** Converts a parsed row. */
  readonly complete?: (value: Value) => Value
}

const checksOf = <Value extends object>(fields: { readonly [Property in keyof Value]-?: { readonly is: TypeGuard } }) =>
  Object.fromEntries(
    Object.entries<{ readonly is: TypeGuard }>(fields).map(([property, { is }]) => [property, is]),
  ) as {
    readonly [Property in keyof Value]-?: TypeGuard
  }
