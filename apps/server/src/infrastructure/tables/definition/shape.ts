export type TypeGuard<Value = unknown> = (value: unknown) => value is Value

export const isText: TypeGuard<string> = value => typeof value === 'string'
export const isFlag: TypeGuard<boolean> = value => typeof value === 'boolean'
export const isNumber: TypeGuard<number> = (value): value is number => Number.isFinite(value)
export const isAnything: TypeGuard = (_value): _value is unknown => true
export const isWhole =
  (min: number, max = Number.MAX_SAFE_INTEGER): TypeGuard<number> =>
  (value): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

/** A text that `parse` accepts. */
export const isParsed =
  <Value extends string>(parse: (text: string) => Value | undefined): TypeGuard<Value> =>
  (value): value is Value =>
    typeof value === 'string' && parse(value) !== undefined

export const isOneOf = <Value>(values: readonly Value[]): TypeGuard<Value> => {
  const known = new Set<unknown>(values)
  return (value): value is Value => known.has(value)
}

export const orNull =
  <Value>(check: TypeGuard<Value>): TypeGuard<Value | null> =>
  (value): value is Value | null =>
    value === null || check(value)

export const isListOf =
  <Item>(check: TypeGuard<Item>): TypeGuard<readonly Item[]> =>
  (value): value is readonly Item[] =>
    Array.isArray(value) && value.every(item => check(item))

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object with exactly the keys of `Row`. A missing key does not compile. */
export const hasShape = <Row extends object>(shape: { readonly [Key in keyof Row]-?: TypeGuard }): TypeGuard<Row> => {
  const checks = Object.entries<TypeGuard>(shape)
  return (value): value is Row => {
    if (!isRecord(value) || Object.keys(value).length !== checks.length) return false
    return checks.every(([key, check]) => Object.hasOwn(value, key) && check(value[key]))
  }
}

/** An object whose `key` selects one of these shapes. */
export const isOneKind = <Row>(key: string, kinds: Readonly<Record<string, TypeGuard<Row>>>): TypeGuard<Row> => {
  const byName = new Map<unknown, TypeGuard>(Object.entries<TypeGuard>(kinds))
  return (value): value is Row => isRecord(value) && byName.get(value[key])?.(value) === true
}
