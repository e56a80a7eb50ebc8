const hidden = 'PASSWORD'

/** Up to the last @, because a password may contain an unescaped @. Bounded, so that matching stays fast. */
const ofDatabase = /\b(postgres(?:ql)?:\/\/[^\s:/@]{0,256}:)[^\s?#]{1,512}@/gi
const ofAny = /\b([a-z][a-z0-9+.-]{0,15}:\/\/[^\s:/@]{0,256}:)[^\s/]{1,512}@/gi
const tokenOfBus = /\b((?:nats|tls):\/\/)[^\s:/@]{1,512}@/gi
const inQuery = /([?&](?:ssl)?password=)[^&\s"']+/gi

/** Replaces the passwords of all URLs in the text by a placeholder. */
export const hidePasswords = (text: string): string =>
  text
    .replace(ofDatabase, `$1${hidden}@`)
    .replace(ofAny, `$1${hidden}@`)
    .replace(tokenOfBus, `$1${hidden}@`)
    .replace(inQuery, `$1${hidden}`)
