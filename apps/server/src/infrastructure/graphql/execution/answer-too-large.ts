import { GraphQLError } from 'graphql'
import { tooComplex } from '../cost/too-complex.ts'

export const answerTooLarge = (): GraphQLError =>
  new GraphQLError('', {
    originalError: tooComplex(
      'The answer holds more than an answer may: ask for smaller pages, or for less of each row.',
    ),
  })
