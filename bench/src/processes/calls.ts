/** What one process may ask of another, by name. */
export type Calls = { readonly [Name in string]: { readonly input: unknown; readonly answer: unknown } }

export interface Call {
  readonly name: string
  readonly input: unknown
}

export type Reply = { readonly answer: unknown } | { readonly failure: string }

export type Handlers<C extends Calls> = {
  readonly [Name in keyof C]: (input: C[Name]['input']) => C[Name]['answer'] | Promise<C[Name]['answer']>
}
