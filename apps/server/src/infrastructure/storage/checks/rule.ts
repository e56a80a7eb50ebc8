/** One invariant. Its query answers what breaks it, in streams along indexes, however large the tables. */
export interface Rule {
  readonly kind: string
  /** Answers the columns of `BrokenRow`. */
  readonly sql: string
}

export interface BrokenRow {
  readonly conversation_id: string | null
  readonly subject: string
  readonly detail: string
}
