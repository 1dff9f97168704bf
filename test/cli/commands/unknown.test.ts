import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import { beginCall, finishCall } from '../../support/kept.ts'
import { aCall, aThread } from '../../support/records.ts'
import { place } from '../deputy.ts'

const TOLD = { ok: false, error: { code: 'OUTCOME_UNKNOWN', message: 'who knows' } } as const

describe.concurrent('unknown', { timeout: 120_000 }, () => {
  it('says that there is nothing', async () => {
    const { deputy } = await place()
    const said = { code: 0, stdout: 'no call has an unknown outcome\n', stderr: '' }
    assert.deepEqual(await deputy('unknown'), said)
    assert.equal((await deputy('unknown', '--json')).stdout, '[]\n')
  })

  it('lists the calls that a dead process left, and those that a model was told of', async () => {
    const { deputy, dir } = await place()
    const url = `sqlite:${join(dir, 'left.db')}`
    const { journal, close } = await openStore(url)
    const threadId = '11111111-0000-4000-8000-000000000000'
    const of = { threadId, rootThreadId: threadId }
    await journal.saveThread(aThread(threadId, { ...of, parentThreadId: null, path: 'clerk' }))
    await beginCall(journal, aCall('told', { ...of, startedAt: Date.now() - 61_000 }))
    await finishCall(journal, { threadId, toolCallId: 'told', result: TOLD, at: 2 })
    await beginCall(journal, aCall('left', { ...of, startedAt: Date.now() - 60_000 }))
    await close()
    const { code, stdout } = await deputy('unknown', threadId.slice(0, 8), '--store', url)
    assert.equal(code, 0)
    const [first, second, end] = stdout.split('\n')
    assert.match(
      first!,
      new RegExp(`^began 1m 0\\ds ago  clerk: shell  its model was told  thread ${threadId}, call told$`)
    )
    assert.match(second!, /clerk: shell {2}its tree was not driven on {2}thread .*, call left$/)
    assert.equal(end, '')
    const [told, left] = JSON.parse((await deputy('unknown', '--json', '--store', url)).stdout)
    assert.deepInclude(told, { toolCallId: 'told', argsHash: 'abc', path: 'clerk', settled: true })
    assert.deepInclude(left, { toolCallId: 'left', threadId, tool: 'shell', effect: 'once', settled: false })
  })
})
