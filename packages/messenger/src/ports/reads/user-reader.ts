import type { UserId } from '../../ids.ts'
import type { User } from '../../user.ts'

/** A position in search results: after this user. The name is empty if the user was found by id. */
export interface UserPlace {
  readonly displayName: string
  readonly id: UserId
}

export interface UserSearchRequest {
  readonly search: string
  readonly after?: UserPlace
  readonly limit: number
}

/** A search page reads a bounded number of rows: it may have fewer rows than requested, even none, although there is a next page. */
export interface UserSearchPage {
  readonly users: readonly User[]
  /** Where the next page begins; undefined if there is none. */
  readonly after: UserPlace | undefined
}

export interface UserReader {
  byIds(ids: readonly UserId[]): Promise<readonly User[]>
  /**
   * Users whose display name begins with `search`, ignoring case, by name, then id; then users of whom only the id
   * does, by id.
   */
  search(request: UserSearchRequest): Promise<UserSearchPage>
}
