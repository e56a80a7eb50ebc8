import { Refusal } from '@cpc-messenger/messenger'

export const tooComplex = (message: string): Refusal => new Refusal('QUERY_TOO_COMPLEX', message)
