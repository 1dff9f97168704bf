import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { openStore } from '../../../checkpointers/open.ts'
import type { Letter } from '../../../state/inbox.ts'
import { AGENTS, idAfter, type Place, place, until } from '../deputy.ts'

const WITH = ['--agents', AGENTS] as const
const CLERK = [...WITH, '--agent', 'clerk'] as const

/** A clerk at work on `task`, which begins with `wait go`. */
async function atWork(at: Place, task: string) {
  const running = at.start('run', ...CLERK, task)
  await until(() => existsSync(join(at.dir, 'go.awaited')) && running.stdout().includes('thread'))
  return { running, thread: idAfter('thread', running.stdout()) }
}

/** Until a letter of this kind waits in the inbox of a thread. */
async function letter({ dir }: Place, thread: string, kind: Letter['kind']): Promise<void> {
  const { journal, close } = await openStore(`sqlite:${join(dir, '.deputy/deputy.db')}`)
  const isThere = async () => (await journal.letters(thread)).some((each) => each.kind === kind && !each.begun)
  await until(isThere).finally(close)
}

const go = ({ dir }: Place, file = 'go') => writeFileSync(join(dir, file), '')

describe.concurrent('deputy pause', { timeout: 120_000 }, () => {
  it('ends a run of another process with the step that it is in; resume goes on', async () => {
    const at = await place()
    const steps = Array.from({ length: 40 }, (_, step) => `step${step}`)
    const task = ['wait go', ...steps.map((step) => `wait ${step}`)].join(' then ')
    const { running, thread } = await atWork(at, task)
    const pausing = at.deputy('pause', thread.slice(0, 8), '--reason', 'lunch')
    await letter(at, thread, 'pause')
    let ended = false
    void running.ended.then(() => {
      ended = true
    })
    go(at)
    for (const step of steps) {
      await until(() => ended || existsSync(join(at.dir, `${step}.awaited`)))
      go(at, step)
    }
    assert.equal((await running.ended).code, 130)
    assert.deepEqual(await pausing, { code: 0, stdout: `paused; go on with: deputy resume ${thread}\n`, stderr: '' })
    const resumed = await at.deputy('resume', thread, ...WITH)
    assert.equal(resumed.code, 0, resumed.stderr)
    assert.include(resumed.stdout, '\nstep39 is there\n')
  })

  it('says that a thread is not at work', async () => {
    const at = await place()
    const thread = idAfter('thread', (await at.deputy('run', ...CLERK, 'say one')).stdout)
    const { code, stdout } = await at.deputy('pause', thread)
    assert.equal(code, 0)
    assert.equal(stdout, `${thread} is not at work: completed\n`)
    const json = JSON.parse((await at.deputy('pause', thread, '--json')).stdout)
    assert.deepInclude(json, { threadId: thread, status: 'completed' })
  })
})

describe.concurrent('deputy wrap-up', { timeout: 120_000 }, () => {
  it('ends a tree that asks: what is asked is rejected, and the agent says what it has', async () => {
    const at = await place()
    const asking = await at.deputy('run', ...CLERK, 'stamp a')
    assert.equal(asking.code, 3)
    const thread = idAfter('thread', asking.stdout)
    const { code, stdout, stderr } = await at.deputy('wrap-up', thread, ...WITH, '--reason', 'the shop closes')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /with what you have(.|\n)*the shop closes/)
    assert.deepEqual(at.stamps(), [])
    const again = await at.deputy('wrap-up', thread, ...WITH)
    assert.deepEqual(again, { code: 0, stdout: `${thread} had ended already: completed\n`, stderr: '' })
  })

  it('reaches a run of another process, and tells its result', async () => {
    const at = await place()
    const { running, thread } = await atWork(at, 'wait go then stamp a')
    const wrapping = at.deputy('wrap-up', thread, ...WITH, '--json')
    await letter(at, thread, 'wrap-up')
    go(at)
    assert.equal((await running.ended).code, 0)
    const { code, stdout, stderr } = await wrapping
    assert.equal(code, 0, stderr)
    assert.include(stderr, 'another process drives this tree')
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!)
    assert.deepInclude(result, { type: 'result', threadId: thread })
    assert.deepEqual(at.stamps(), [])
  })
})

describe.concurrent('deputy run --thread of a thread that is busy', { timeout: 120_000 }, () => {
  it('is refused, unless it is queued: then its turn comes when the other is over', async () => {
    const at = await place()
    const { running, thread } = await atWork(at, 'wait go')
    const refused = await at.deputy('run', ...WITH, '--thread', thread, 'say two')
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /^deputy: THREAD_BUSY: /)
    const queued = at.deputy('run', ...WITH, '--thread', thread, '--when-busy', 'queue', '--json', 'say two')
    await letter(at, thread, 'queue')
    go(at)
    assert.include((await running.ended).stdout, '\ngo is there\n')
    const { code, stdout } = await queued
    assert.equal(code, 0)
    const result = JSON.parse(stdout.trim().split('\n').at(-1)!)
    assert.deepInclude(result, { type: 'result', outcome: { status: 'completed', text: 'two' } })
  })

  it('replaces the turn that is under way, where that is asked for', async () => {
    const at = await place()
    const { running, thread } = await atWork(at, 'wait go')
    const replacing = await at.deputy('run', ...WITH, '--thread', thread, '--when-busy', 'replace', 'say two')
    assert.equal(replacing.code, 0, replacing.stderr)
    assert.include(replacing.stdout, '\ntwo\n')
    assert.equal((await running.ended).code, 4)
  })
})
