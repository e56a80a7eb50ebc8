import type { ResponsePath } from 'graphql'
import type { Execution } from './execution.ts'
import type { FieldArguments } from './field-arguments.ts'
import { FieldInfo, type FieldSite, pathOf } from './field-info.ts'

/** Returns the value of a field, or a promise of it; may throw. `parent` is the path of the object. */
export type Resolve = (source: unknown, run: Execution, parent: ResponsePath | undefined) => unknown

const hasProperties = (source: unknown): source is Readonly<Record<string, unknown>> =>
  (typeof source === 'object' && source !== null) || typeof source === 'function'

/** The number of parameters of a resolver that uses `info`, which is created only for such resolvers. */
const withInfo = 4

export const resolverOf = (site: FieldSite, args: (run: Execution) => FieldArguments): Resolve => {
  const infoOf = (run: Execution, parent: ResponsePath | undefined) =>
    new FieldInfo(site, run.args, pathOf(site, parent))
  const { resolve, name } = site.definition
  if (resolve !== undefined && resolve.length < withInfo) {
    const withoutInfo = resolve as (source: unknown, args: FieldArguments, context: unknown) => unknown
    return (source, run) => withoutInfo(source, args(run), run.context)
  }
  if (resolve !== undefined)
    return (source, run, parent) => resolve(source, args(run), run.context, infoOf(run, parent))
  return (source, run, parent) => {
    if (!hasProperties(source)) return undefined
    const property = source[name]
    if (typeof property !== 'function') return property
    return property.call(source, args(run), run.context, infoOf(run, parent))
  }
}
