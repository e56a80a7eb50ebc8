import { badInput, type ConversationSettings } from '@cpc-messenger/messenger'

interface SettingsInput {
  readonly historyVisibility?: ConversationSettings['historyVisibility'] | null | undefined
  readonly editWindowSeconds?: number | null | undefined
  readonly slowModeSeconds?: number | null | undefined
  readonly postingRole?: ConversationSettings['postingRole'] | null | undefined
}

/** Only the settings that are present in the input. */
export const settingsOf = (input: SettingsInput | null | undefined): Partial<ConversationSettings> => {
  if (input === null || input === undefined) return {}
  const { historyVisibility, editWindowSeconds, slowModeSeconds, postingRole } = input
  if (historyVisibility === null) throw badInput('settings.historyVisibility', 'historyVisibility cannot be null.')
  if (postingRole === null) throw badInput('settings.postingRole', 'postingRole cannot be null.')
  return {
    ...(historyVisibility === undefined ? {} : { historyVisibility }),
    ...(editWindowSeconds === undefined ? {} : { editWindowSeconds }),
    ...(slowModeSeconds === undefined ? {} : { slowModeSeconds }),
    ...(postingRole === undefined ? {} : { postingRole }),
  }
}
