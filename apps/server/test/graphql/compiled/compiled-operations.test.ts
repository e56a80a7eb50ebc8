import fc from 'fast-check'
import {
  type DocumentNode,
  executeRootSelectionSet,
  type GraphQLError,
  parse,
  specifiedRules,
  type ValidatedExecutionArgs,
  validate,
  validateExecutionArgs,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { CompiledExecutor } from '../../../src/infrastructure/graphql/execution/compiled/compiled-executor.ts'
import { type Answer, answerOf } from '../../../src/infrastructure/graphql/execution/interface/answer.ts'
import { seeded } from '../../seeded.ts'
import { UnhandledRejections } from '../../support/unhandled-rejections.ts'
import { AnyDocument, type Variables } from './any-document.ts'
import { type Behaviour, behavingSchema, rootSource } from './behaving-schema.ts'
import { operationIn } from './operation-in.ts'
import { Settling } from './settling.ts'

const rules = specifiedRules.filter(({ name }) => !/^(NoUnused|OverlappingFields)/.test(name))

/** Each executor has words of its own for what a schema does wrong; what resolvers and types say is the same. */
const wordsOf = ({ message }: GraphQLError): string =>
  /^(test:|Int |Float |String |ID |Enum |Argument |Variable )/.test(message) ? message : 'its own words'

/** A run of an operation's document, each time from the same parsed text. */
class Run {
  readonly #settling = new Settling()
  readonly #args: ReturnType<typeof validateExecutionArgs>

  constructor(document: DocumentNode, variables: Variables, seed: number) {
    const contextValue: Behaviour = { seed, settling: this.#settling }
    this.#args = validateExecutionArgs({
      schema: behavingSchema,
      document,
      variableValues: variables,
      rootValue: rootSource,
      contextValue,
    })
  }

  async by(execute: (args: ValidatedExecutionArgs) => Answer | Promise<Answer>) {
    if (!('schema' in this.#args)) return 'its variables are refused'
    const { data, errors } = await this.#settling.through(execute(this.#args))
    return {
      data,
      errors: errors?.map(error => ({ words: wordsOf(error), path: error.path, locations: error.locations })),
    }
  }
}

const byGraphQL = (args: ValidatedExecutionArgs) => Promise.resolve(executeRootSelectionSet(args)).then(answerOf)

/** A condition that is null is an error that graphql's own executor has the words for. */
const leftToGraphQL = (variables: Variables): boolean => variables.maybe === null

describe('A compiled operation', () => {
  for (const kind of ['query', 'mutation', 'subscription'] as const)
    it(`returns what graphql returns for any ${kind} and resolvers, and leaves no rejection unhandled`, async () => {
      using unhandled = new UnhandledRejections()
      let executed = 0
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 1000 }), async (seed, behaviour) => {
          const any = new AnyDocument(behavingSchema, seeded(seed))
          const document = parse(any.operation(kind))
          fc.pre(validate(behavingSchema, document, rules).length === 0)
          const compiled = new CompiledExecutor(behavingSchema).prepare(document, operationIn(document))
          for (const index of [0, 1, 2]) {
            const variables = any.variables()
            const wanted = await new Run(document, variables, behaviour + index).by(byGraphQL)
            // graphql's own executor leaves those inside nested lists.
            await unhandled.take()
            const answer = await new Run(document, variables, behaviour + index).by(args => compiled.execute(args))
            expect(answer).toEqual(wanted)
            const left = await unhandled.take()
            if (!leftToGraphQL(variables)) expect(left).toEqual([])
            if (typeof wanted !== 'string' && wanted.data !== 'null') executed += 1
          }
        }),
        { numRuns: 120 },
      )
      expect(executed).toBeGreaterThan(200)
    })
})
