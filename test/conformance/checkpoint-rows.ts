import { beforeEach, describe, expect, it } from 'vitest'
import type { Journal } from '../../state/journal.ts'
import type { Mark } from '../../state/marks.ts'
import { beginCall, finishCall, writeRows } from '../support/kept.ts'
import { aBranch, aCall, aLabel, aMark, anEvent, aRepeat, aThread } from '../support/records.ts'

/** What every journal keeps for going back in time: checkpoints without their state, labels, branches, what would repeat. */
export function describeCheckpointRows(opened: () => Journal): void {
  describe('checkpoints', () => {
    let journal: Journal
    beforeEach(() => {
      journal = opened()
    })

    const keep = (...marks: readonly Mark[]) =>
      writeRows(journal, ...marks.map((mark) => ({ kind: 'checkpoint', mark }) as const))
    const ids = async (...page: Parameters<Journal['checkpoints']>) =>
      (await journal.checkpoints(...page)).map(({ checkpointId }) => checkpointId)

    it('are listed as they were kept, the last first, each with a later place than the one before it', async () => {
      const hard = aMark('c2', { last: 'a\0b \ud800 "c"', parentCheckpointId: 'c1', nodes: [], next: [], at: 2.5 })
      await keep(aMark('c1'), hard)
      const [second, first, ...none] = await journal.checkpoints('root', { limit: 10 })
      expect(none).toEqual([])
      expect(first).toEqual({ ...aMark('c1'), place: first!.place })
      expect(second).toEqual({ ...hard, place: second!.place })
      expect(second!.place).toBeGreaterThan(first!.place)
      expect(await journal.checkpoint({ threadId: 'thread-1', checkpointId: 'c2' })).toEqual(second)
      expect(await journal.checkpoint({ threadId: 'thread-2', checkpointId: 'c2' })).toBeUndefined()
    })

    it('are kept once', async () => {
      expect(await keep(aMark('c1'), aMark('c1', { last: 'another' }))).toEqual([true, false])
      expect((await journal.checkpoints('root', { limit: 10 })).map(({ last }) => last)).toEqual(['on it'])
    })

    it('are kept together with events, in their order', async () => {
      const { seq: _seq, threadSeq: _threadSeq, ...event } = anEvent(1)
      const marks = [aMark('c1', { last: 'a\0b \ud800 "c"' }), aMark('c2', { at: 2.5 }), aMark('c1')]
      const entries = [{ event }, ...marks.map((mark) => ({ row: { kind: 'checkpoint', mark } as const })), { event }]
      const kept = await journal.append(entries, { rootThreadId: 'root', after: 0 })
      expect([kept[0]!.seq, kept.at(-1)!.seq]).toEqual([1, 2])
      expect(await ids('root', { limit: 10 })).toEqual(['c2', 'c1'])
      expect((await journal.checkpoints('root', { limit: 10 })).map(({ last }) => last)).toEqual([
        'on it',
        'a\0b \ud800 "c"'
      ])
      await expect(journal.append(entries, { rootThreadId: 'root', after: 0 })).rejects.toMatchObject({
        code: 'LEASE_LOST'
      })
    })

    it('are those of one tree', async () => {
      await keep(aMark('c1'), aMark('c2', { rootThreadId: 'other', threadId: 'other' }))
      expect(await ids('root', { limit: 10 })).toEqual(['c1'])
      expect(await ids('nowhere', { limit: 10 })).toEqual([])
    })

    it('come in pages, also where several threads take turns', async () => {
      await keep(...Array.from({ length: 7 }, (_, n) => aMark(`c${n}`, { threadId: `thread-${n % 2}` })))
      const first = await journal.checkpoints('root', { limit: 3 })
      const before = first.at(-1)!.place
      expect(first.map(({ checkpointId }) => checkpointId)).toEqual(['c6', 'c5', 'c4'])
      expect(await ids('root', { limit: 3, before })).toEqual(['c3', 'c2', 'c1'])
      expect(await ids('root', { limit: 3, before, threadId: 'thread-1' })).toEqual(['c3', 'c1'])
      expect(await ids('root', { limit: 2, first: 'oldest' })).toEqual(['c0', 'c1'])
    })

    it('are narrowed down by thread, agent, node, source, time and label, and by all of them together', async () => {
      await keep(
        aMark('c1', { source: 'input', nodes: [], at: 10 }),
        aMark('c2', { at: 20, nodes: ['think', 'act'] }),
        aMark('c3', { at: 30, nodes: ["o'act"], agent: 'tester', threadId: 'thread-2' })
      )
      await journal.label(aLabel('good', { checkpointId: 'c2' }))
      await journal.label(aLabel('good', { checkpointId: 'c1', rootThreadId: 'other' }))
      const all = { limit: 10 }
      expect(await ids('root', { ...all, threadId: 'thread-2' })).toEqual(['c3'])
      expect(await ids('root', { ...all, agent: 'tester' })).toEqual(['c3'])
      expect(await ids('root', { ...all, node: 'act' })).toEqual(['c2'])
      expect(await ids('root', { ...all, node: "o'act" })).toEqual(['c3'])
      expect(await ids('root', { ...all, source: 'input' })).toEqual(['c1'])
      expect(await ids('root', { ...all, since: 20 })).toEqual(['c3', 'c2'])
      expect(await ids('root', { ...all, until: 20 })).toEqual(['c2', 'c1'])
      expect(await ids('root', { ...all, label: 'good' })).toEqual(['c2'])
      expect(await ids('root', { ...all, label: 'bad' })).toEqual([])
      const both = { threadId: 'thread-1', agent: 'coder', node: 'think', source: 'loop', since: 1, until: 99 }
      expect(await ids('root', { ...all, ...both, label: 'good' })).toEqual(['c2'])
      expect(await ids('root', { ...all, ...both, agent: 'tester' })).toEqual([])
    })

    it('have names, of which a tree has each once', async () => {
      expect(await journal.label(aLabel('good'))).toBe(true)
      expect(await journal.label(aLabel('good', { checkpointId: 'c2' }))).toBe(false)
      expect(await journal.label(aLabel('better', { checkpointId: 'c1', labelledAt: 2 }))).toBe(true)
      expect(await journal.labelsOf('root')).toEqual([
        aLabel('good'),
        aLabel('better', { checkpointId: 'c1', labelledAt: 2 })
      ])
      expect(await journal.labelsOf('other')).toEqual([])
    })

    it('lose a name that is taken away, once', async () => {
      await journal.label(aLabel('good'))
      expect(await journal.unlabel('other', 'good')).toBe(false)
      expect(await journal.unlabel('root', 'good')).toBe(true)
      expect(await journal.unlabel('root', 'good')).toBe(false)
      expect(await journal.label(aLabel('good', { checkpointId: 'c9' }))).toBe(true)
      expect(await journal.labelsOf('root')).toEqual([aLabel('good', { checkpointId: 'c9' })])
    })

    it('know the trees that were branched off from one, and those that took its place', async () => {
      const fork = aBranch('fork')
      const place = aBranch('place', { fromRootThreadId: 'fork', replaces: 'root' })
      const rows = [fork, place, aBranch('fork', { fromRootThreadId: 'other' })]
      const written = await writeRows(journal, ...rows.map((branch) => ({ kind: 'branch', branch }) as const))
      expect(written).toEqual([true, true, false])
      expect(await journal.branchOf('fork')).toEqual(fork)
      expect(await journal.branchOf('root')).toBeUndefined()
      expect(await journal.branchesFrom('root')).toEqual([fork, place])
      expect(await journal.branchesFrom('fork')).toEqual([place])
      expect(await journal.branchesFrom('other')).toEqual([])
    })

    it('know one tree that took the place of another, however many would at once', async () => {
      const attempts = Array.from({ length: 10 }, async (_, at) => {
        const branch = aBranch(`place ${at}`, { replaces: 'root' })
        const thread = aThread(`place ${at}`)
        const rows = [
          { kind: 'branch', branch },
          { kind: 'thread', thread }
        ] as const
        return journal.append(
          rows.map((row) => ({ row })),
          { rootThreadId: `place ${at}`, after: 0 }
        )
      })
      const ends = await Promise.allSettled(attempts)
      const refused = ends.filter((end) => end.status === 'rejected')
      expect(refused).toHaveLength(9)
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'THREAD_REWOUND' })
      const [place, ...others] = await journal.branchesFrom('root')
      expect(others).toEqual([])
      for (const [at, { status }] of ends.entries()) {
        const isThere = (await journal.thread(`place ${at}`)) !== undefined
        expect([isThere, place!.rootThreadId === `place ${at}`]).toEqual(Array(2).fill(status === 'fulfilled'))
      }
    })

    it('know what would be repeated in a tree, oldest first', async () => {
      const late = aRepeat('late', { startedAt: 9, accepted: true })
      const early = aRepeat('early', { startedAt: 3 })
      const rows = [late, early, aRepeat('late'), aRepeat('late', { rootThreadId: 'other' })]
      const written = await writeRows(journal, ...rows.map((repeat) => ({ kind: 'repeat', repeat }) as const))
      expect(written).toEqual([true, true, false, true])
      expect(await journal.repeatsIn('root')).toEqual([early, late])
      expect(await journal.repeatsIn('nowhere')).toEqual([])
    })
  })

  describe('effects of a tree', () => {
    it('are its calls that do more than read, begun or done, oldest first', async () => {
      const journal = opened()
      await beginCall(journal, aCall('late', { startedAt: 5, effect: 'idempotent' }))
      await beginCall(journal, aCall('early', { startedAt: 2 }))
      await finishCall(journal, { threadId: 'thread-1', toolCallId: 'early', result: { ok: true, output: '' }, at: 3 })
      await beginCall(journal, aCall('read', { effect: 'read' }))
      await beginCall(journal, aCall('other', { rootThreadId: 'other' }))
      const found = await journal.effectsOf('root')
      expect(found.map(({ toolCallId, status }) => [toolCallId, status])).toEqual([
        ['early', 'finished'],
        ['late', 'started']
      ])
    })
  })
}
