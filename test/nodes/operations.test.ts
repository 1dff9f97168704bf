import { assert, describe, it } from 'vitest'
import { answered } from '../../nodes/operations.ts'
import type { World } from '../../state/context.ts'
import type { Task } from '../../state/task-ledger.ts'
import { NO_USAGE } from '../../state/usage.ts'

const base = { id: 'a', agent: 'worker', task: 'go', threadId: 't', path: 'lead/worker', background: true } as const
const FULL = { code: 'WIDTH_LIMIT', message: 'full' } as const

/** A world in which nothing can be sent. */
const SILENT = {
  threadId: 'root',
  children: {
    look: async () => [],
    send: async () => assert.fail('nothing is to be sent')
  }
} as unknown as World

async function saidTo(task: Task, { room = 1 } = {}): Promise<string> {
  const call = { id: 'call', name: 'task', args: {} }
  const operation = { op: 'send', id: 'a', text: 'and?' } as const
  const { message, ledger } = await answered(
    { call, operation },
    { ledger: { a: task }, world: SILENT, room, full: FULL, untrusted: undefined }
  )
  assert.isUndefined(ledger, 'the task stays as it is')
  assert.equal(message?.status, 'error')
  return message!.text
}

describe('a message to a task', () => {
  it('whose time is over is refused as expired, to one that was cancelled as ended', async () => {
    const error = { code: 'TIME_LIMIT' as never, message: 'its time is over' }
    assert.match(await saidTo({ ...base, status: 'failed', error, usage: NO_USAGE }), /^TASK_EXPIRED/)
    assert.match(await saidTo({ ...base, status: 'cancelled', reason: 'enough' }), /^TASK_ENDED/)
  })

  it('that would put one more to work than there may be is refused', async () => {
    const completed = { ...base, status: 'completed', result: 'done', usage: NO_USAGE } as const
    assert.equal(await saidTo(completed, { room: 0 }), 'WIDTH_LIMIT: full')
  })
})
