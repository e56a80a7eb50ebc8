import type { UserId } from '@cpc-messenger/messenger'
import { membersPerCommand } from '../limits/limit-table.ts'

/** The tokens that a command with these members takes. A command with too many members is refused for that, not for its rate. */
export const additionsOf = (userIds: readonly UserId[]): number => Math.min(new Set(userIds).size, membersPerCommand)
