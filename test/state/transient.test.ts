import { GraphInterrupt } from '@langchain/langgraph'
import { assert, describe, it } from 'vitest'
import { RuntimeError } from '../../state/errors.ts'
import { transience } from '../../state/transient.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const judged = (error: unknown) => transience(error, { now: NOW })
const failing = (fields: object, message = 'it failed') => Object.assign(new Error(message), fields)
const caused = (cause: unknown, fields: object = {}) => Object.assign(new Error('it failed', { cause }), fields)

describe('a failure with a status', () => {
  for (const status of [408, 425, 429, 500, 502, 503, 504, 524, 529])
    it(`of ${status} is transient`, () => assert.deepEqual(judged(failing({ status })), { transient: true }))

  for (const status of [400, 401, 402, 403, 404, 409, 413, 422, 501, 505])
    it(`of ${status} is not`, () => assert.deepEqual(judged(failing({ status })), { transient: false }))

  it('is what the provider says of it', () => {
    const says = (retry: string, status: number) => judged(failing({ status, headers: { 'x-should-retry': retry } }))
    assert.isTrue(says('true', 409).transient)
    assert.isFalse(says('false', 503).transient)
  })

  it('is found wherever clients put the status', () => {
    for (const fields of [{ statusCode: 503 }, { status_code: 503 }, { response: { status: 503 } }, { code: 503 }])
      assert.isTrue(judged(failing(fields)).transient)
    assert.isFalse(judged(failing({ response: { status: 404 }, code: 'ECONNRESET' })).transient)
  })

  it('tells how long to wait', () => {
    const wait = { transient: true, retryAfterMs: 7000 }
    const headers = { 'retry-after': '7' }
    assert.deepEqual(judged(failing({ status: 429, headers: new Headers(headers) })), wait)
    assert.deepEqual(judged(failing({ status: 503, headers })), wait)
    assert.deepEqual(judged(failing({ response: { status: 503, headers } })), wait)
    assert.deepEqual(judged(caused(failing({ status: 429, headers }))), wait)
  })

  it('tells what LangChain read out of its words, where there is no header', () => {
    assert.deepEqual(judged(failing({ status: 429, retryAfterMs: 900 })), { transient: true, retryAfterMs: 900 })
    const unread = { status: 429, retryAfterMs: 0, headers: { 'retry-after': 'soon' } }
    assert.deepEqual(judged(failing(unread)), { transient: true })
  })
})

describe('used-up credit', () => {
  const LIMITED =
    '429 Rate limit reached for gpt-5 on requests per min. Please try again in 20s. Add a payment method at https://platform.openai.com/account/billing.'

  for (const [what, error] of Object.entries({
    'as a code': failing({ status: 429, code: 'insufficient_quota' }),
    'as a type': failing({ status: 429, type: 'insufficient_quota' }),
    'in a body': failing({ status: 429, error: { type: 'error', error: { type: 'billing_error' } } }),
    'in words': failing(
      { status: 429 },
      'You exceeded your current quota, please check your plan and billing details.'
    ),
    'whatever the provider says of trying again': failing({
      status: 429,
      code: 'insufficient_quota',
      headers: { 'x-should-retry': 'true', 'retry-after': '1' }
    })
  }))
    it(`is not transient, ${what}`, () => assert.isFalse(judged(error).transient))

  it('is not meant by a rate limit that speaks of billing', () => {
    assert.isTrue(judged(failing({ status: 429, rateLimitType: 'stop' }, LIMITED)).transient)
    const comesBack = 'You exceeded your current quota. Please retry in 17.3s.'
    assert.isTrue(judged(failing({ status: 429 }, comesBack)).transient)
  })
})

describe('a failure without a status', () => {
  for (const code of [
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ECONNREFUSED',
    'EAI_AGAIN',
    'UND_ERR_SOCKET',
    'UND_ERR_BODY_TIMEOUT'
  ])
    it(`with the code ${code} is transient`, () => {
      assert.isTrue(judged(failing({ code })).transient)
      assert.isTrue(judged(caused(new TypeError('fetch failed', { cause: failing({ code }) }))).transient)
    })

  for (const code of ['ENOTFOUND', 'CERT_HAS_EXPIRED', 'ENOENT', 'EACCES', 'UND_ERR_INVALID_ARG', 'ERR_INVALID_URL'])
    it(`with the code ${code} is not`, () => {
      assert.isFalse(judged(failing({ code })).transient)
      assert.isFalse(judged(new TypeError('fetch failed', { cause: failing({ code }) })).transient)
    })

  for (const kind of ['overloaded_error', 'rate_limit_error', 'api_error', 'server_error'])
    it(`of the kind ${kind} is transient, wherever it says so`, () => {
      const body = { type: 'error', error: { type: kind, message: 'later' } }
      for (const fields of [{ type: kind }, { code: kind }, { name: kind }, { error: body }])
        assert.isTrue(judged(failing(fields)).transient)
    })

  it('of a connection is transient where no cause says otherwise', () => {
    class APIConnectionError extends Error {}
    class APIConnectionTimeoutError extends Error {}
    const failures = [new APIConnectionError('x'), new APIConnectionTimeoutError('x'), new TypeError('terminated')]
    for (const failure of [...failures, new TypeError('fetch failed'), failing({ name: 'TimeoutError' })])
      assert.isTrue(judged(failure).transient, failure.message)
    assert.isTrue(judged(failing({ errors: [failing({ code: 'ECONNREFUSED' })] })).transient)
  })

  it('that is not known is not transient', () => {
    for (const thrown of [
      new Error('odd'),
      new TypeError('x is not a function'),
      'fetch failed',
      null,
      undefined,
      503,
      {}
    ])
      assert.deepEqual(judged(thrown), { transient: false })
  })
})

describe('what was stopped', () => {
  class APIUserAbortError extends Error {}
  const stopped = [
    new DOMException('stop', 'AbortError'),
    failing({ name: 'ModelAbortError' }),
    failing({ code: 'ABORT_ERR' }),
    new APIUserAbortError('Request was aborted.'),
    new Error('AbortError'),
    AbortSignal.abort().reason,
    new GraphInterrupt([])
  ]

  it('is never transient, whatever stands around it', () => {
    for (const stop of stopped) {
      assert.isFalse(judged(stop).transient, String(stop))
      assert.isFalse(judged(caused(stop, { status: 503 })).transient, String(stop))
    }
  })
})

describe('what we refuse', () => {
  it('is never transient, whatever its cause', () => {
    const lost = failing({ code: 'ECONNRESET' })
    for (const code of ['LEASE_LOST', 'STORE_UNAVAILABLE', 'TOOL_TIMEOUT', 'RUN_CANCELLED'] as const)
      assert.isFalse(judged(new RuntimeError(code, 'no', { cause: lost })).transient)
  })

  it('is what its cause is where it only reports a failure', () => {
    for (const code of ['MODEL_FAILED', 'TOOL_FAILED'] as const) {
      const cause = failing({ status: 429, headers: { 'retry-after-ms': '250' } })
      assert.deepEqual(judged(new RuntimeError(code, 'no', { cause })), { transient: true, retryAfterMs: 250 })
      assert.isFalse(judged(new RuntimeError(code, 'no')).transient)
    }
  })
})

it('a chain of causes that never ends is read to some end', () => {
  const error = failing({}) as Error & { cause?: unknown }
  error.cause = error
  assert.isFalse(judged(error).transient)
})
