import { badInput, unavailable } from '@cpc-messenger/messenger'
import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { presentError, presentThrown } from '../../src/infrastructure/graphql/operations/present-error.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'

class Lines implements Logger {
  readonly lines: object[] = []
  debug(fields: object): void {
    this.lines.push(fields)
  }
  info(fields: object): void {
    this.lines.push(fields)
  }
  warn(fields: object): void {
    this.lines.push(fields)
  }
  error(fields: object): void {
    this.lines.push(fields)
  }
}

describe('An error that is sent', () => {
  it('of the server itself shows only a random id, under which the details are logged', () => {
    const log = new Lines()
    const cause = new Error('password=secret')
    const shown = presentThrown(cause, log)
    expect(shown.extensions.code).toBe('INTERNAL')
    expect(JSON.stringify(shown)).not.toContain('secret')
    expect(log.lines).toEqual([expect.objectContaining({ err: cause, errorId: shown.extensions.errorId })])
  })

  it('of a refusal has its code and details, and not its cause', () => {
    const log = new Lines()
    const shown = presentError(new GraphQLError('x', { path: ['a', 0], cause: badInput('first', 'No.') }), log)
    expect(shown.toJSON()).toEqual({
      message: 'No.',
      path: ['a', 0],
      extensions: { code: 'BAD_USER_INPUT', field: 'first' },
    })
    const gone = presentThrown(unavailable('Away.', new Error('disk I/O error')), log)
    expect(JSON.stringify(gone)).not.toContain('disk')
    expect(gone.extensions.code).toBe('UNAVAILABLE')
  })

  it('is the same when it is presented again', () => {
    const log = new Lines()
    const shown = presentThrown(new Error('once'), log)
    expect(presentError(shown, log)).toBe(shown)
    expect(log.lines).toHaveLength(1)
  })
})
