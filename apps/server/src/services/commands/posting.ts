import type { Conversation, Instant, Membership } from '@cpc-messenger/messenger'

/** The time of a member's last post is stored only in slow mode, so that other sends do not write the membership. */
export const posted = (conversation: Conversation, membership: Membership, at: Instant): readonly Membership[] =>
  conversation.settings.slowModeSeconds === null ? [] : [{ ...membership, lastPostedAt: at }]
