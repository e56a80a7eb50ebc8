import type { UserId } from '@cpc-messenger/messenger'
import { membersPerCommand } from '../limits/limit-table.ts'

/** What a command that names these members is charged; one that names too many is refused for that, and not for its rate. */
export const additionsOf = (userIds: readonly UserId[]): number => Math.min(new Set(userIds).size, membersPerCommand)
