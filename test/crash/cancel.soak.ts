import { assert, it } from 'vitest'
import { finish } from '../support/processes.ts'
import type { Cancels } from './cancel-process.ts'

const POINTS = 500
const PROCESS = 'test/crash/cancel-process.ts'

it('a tree of ten agents is at rest wherever it is cancelled, and answers its next message', async () => {
  const [line] = await finish(PROCESS, [String(POINTS), '1'])
  const { failures, unhandled, agents, events, lastStartMs, returnedMs } = JSON.parse(line!) as Cancels
  console.log(`${POINTS} cancels over ${events} events: ${failures.length} failed, ${unhandled.length} unhandled`)
  console.log('milliseconds from the cancel to the last start of anything', lastStartMs, 'to its return', returnedMs)
  assert.deepEqual(failures, [])
  assert.deepEqual(unhandled, [])
  assert.equal(agents, 10)
})
