import type { UserId } from '../ids.ts'
import type { User } from '../user.ts'

/** A place in the list of a search: after this user. The name is empty where the user was found by their id. */
export interface UserPlace {
  readonly displayName: string
  readonly id: UserId
}

export interface UserSearchRequest {
  readonly search: string
  readonly after?: UserPlace
  readonly limit: number
}

/** A search page reads a bounded number of rows: it may hold fewer than were asked for, even none, and have a next page. */
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
