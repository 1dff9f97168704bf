import { openStore } from '../../checkpointers/open.ts'
import type { BenchCase } from '../case.ts'
import { alternated } from '../measure.ts'
import { timeRows } from '../rows.ts'
import * as deputy from '../sides/deputy.ts'
import * as langchain from '../sides/langchain.ts'

const STEPS = 50
const WARM_UPS = 3

export const step: BenchCase = {
  summary: `a step of ${STEPS} in one turn: a model call and a tool call, on no store and in memory`,
  rounds: 15,
  notMeasured: [
    'real models: their latency hides all of this, their metadata makes messages larger',
    'several calls in one step, streaming of text, long threads',
    'the gate: the calls are plainly allowed; createAgent has no policy at all'
  ],
  async run({ rounds }) {
    const pace = { rounds, warmUps: WARM_UPS }
    const work = { steps: STEPS }
    const bare = { ours: deputy.bareTurns(work), theirs: langchain.bareTurns(work) }
    const inMemory = {
      ours: deputy.storedTurns(await openStore('memory:'), work),
      theirs: langchain.savedTurns(langchain.openMemory(), work)
    }
    const per = { of: 'step', count: STEPS }
    return {
      rows: [
        ...timeRows(await alternated(bare, pace), { name: 'step', peer: langchain.PEER, per }),
        ...timeRows(await alternated(inMemory, pace), {
          name: 'step in memory',
          peer: `${langchain.PEER} + MemorySaver`,
          per
        })
      ]
    }
  }
}
