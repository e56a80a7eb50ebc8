const hidden = 'PASSWORD'

/** Up to the last @: what is not escaped in a password belongs to it. Bounded, so that no text takes long. */
const ofDatabase = /\b(postgres(?:ql)?:\/\/[^\s:/@]{0,256}:)[^\s?#]{1,512}@/gi
const ofAny = /\b([a-z][a-z0-9+.-]{0,15}:\/\/[^\s:/@]{0,256}:)[^\s/]{1,512}@/gi
const tokenOfBus = /\b((?:nats|tls):\/\/)[^\s:/@]{1,512}@/gi
const inQuery = /([?&](?:ssl)?password=)[^&\s"']+/gi

/** The text with a placeholder for each password of a URL in it. */
export const hidePasswords = (text: string): string =>
  text
    .replace(ofDatabase, `$1${hidden}@`)
    .replace(ofAny, `$1${hidden}@`)
    .replace(tokenOfBus, `$1${hidden}@`)
    .replace(inQuery, `$1${hidden}`)
