/** What `http.md` promises and this version does not do yet. A test holds the lists exact in both directions. */
export const settingsNotImplemented: readonly string[] = [
  'AUTH_CLIENT_ID',
  'AUTH_JWKS_URL',
  'CREATE_CHANNELS',
  'CREATE_GROUPS',
  'FILES_URL',
  'LINK_PREVIEWS',
  'MAIL_FROM',
  'PUBLIC_URL',
  'SCANNER_URL',
  'SIGN_UP',
  'SMTP_URL',
  'UPLOAD_MAX_BYTES',
  'UPLOAD_MAX_UNFINISHED',
  'UPLOAD_QUOTA_BYTES',
  'USER_SEARCH',
  'WORKERS',
]

export const commandsNotImplemented: readonly string[] = [
  'invite',
  'key rotate',
  'reindex',
  'reset-password',
  'user deactivate',
  'user erase',
  'user list',
  'user reactivate',
  'user sign-out',
]
