import { GraphQLError } from 'graphql'
import { tooComplex } from '../../cost/too-complex.ts'
import type { Answer } from './answer.ts'

/** The error in place of an answer that exceeds the limits. */
export const tooLargeAnswer: Answer = {
  tooLarge: true,
  errors: [
    new GraphQLError('', {
      originalError: tooComplex(
        'The response is larger than the limit. Request smaller pages, or fewer fields of each row.',
      ),
    }),
  ],
}
