import { hidePasswords } from './url-passwords.ts'

const censored = '[redacted]'

/** Fields with these names are never logged, at any depth and in any case. */
const secretNames = new Set([
  'token',
  'accesstoken',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'secret',
  'jwtsecret',
  'auth_jwt_secret',
  'password',
  'text',
  'content',
])
const maxItems = 100

/** How much of a value is logged: levels of depth, and values in total. */
interface Scope {
  readonly depth: number
  readonly budget: { values: number }
}
const below = ({ depth, budget }: Scope): Scope => ({ depth: depth - 1, budget })

const jwt = /\beyJ[\w-]*\.[\w-]+\.[\w-]*/g
const bearer = /\bBearer\s+[^\s"',]+/gi

/** The text without anything that looks like a token or a password in a URL. */
export const redactText = (text: string): string =>
  hidePasswords(text.replace(bearer, `Bearer ${censored}`).replace(jwt, censored))

/** Errors of libraries carry documents, claims and rows as properties: only these properties are logged. */
const redactError = (error: Error, scope: Scope): object => ({
  type: error.name,
  message: redactText(error.message),
  ...('code' in error ? { code: redactValue(error.code, below(scope)) } : {}),
  ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
  ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, below(scope)) }),
  ...(error instanceof AggregateError ? { errors: redactValue(error.errors, below(scope)) } : {}),
})

const redactObject = (value: object, scope: Scope): unknown => {
  if (scope.depth <= 0) return '[more]'
  if (value instanceof Error) return redactError(value, scope)
  if (value instanceof Date || value instanceof URL) return redactText(String(value.toJSON()))
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return redactFields(value.entries(), scope)
  if (Array.isArray(value) || value instanceof Set)
    return Array.from(value)
      .slice(0, maxItems)
      .map(item => redactValue(item, below(scope)))
  return redactFields(Object.entries(value), scope)
}

const redactFields = (entries: Iterable<[unknown, unknown]>, scope: Scope): object => {
  const fields = new Map<string, unknown>()
  for (const [key, value] of entries) {
    const name = String(key)
    fields.set(name, secretNames.has(name.toLowerCase()) ? censored : redactValue(value, below(scope)))
    if (fields.size >= maxItems || scope.budget.values <= 0) break
  }
  return Object.fromEntries(fields)
}

const redactValue = (value: unknown, scope: Scope): unknown => {
  if (scope.budget.values <= 0) return '[more]'
  scope.budget.values -= 1
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'object' && value !== null ? redactObject(value, scope) : value
}

/** A bounded copy of the fields for a log: without tokens, message texts and circular references, errors as plain objects. */
export const redact = (fields: object): object => {
  const redacted = redactObject(fields, { depth: 8, budget: { values: 500 } })
  return typeof redacted === 'object' && redacted !== null ? redacted : { value: redacted }
}
