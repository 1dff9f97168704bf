import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Judgement } from '../../state/calls.ts'
import { allow, ask, deny, type Remit } from '../../state/remit.ts'
import { read, shell } from '../../tools/coding/index.ts'
import { toolset } from '../../tools/registry.ts'
import { tool } from '../../tools/tool.ts'
import type { BenchCase } from '../case.ts'
import { alternated, type Sample, type Side } from '../measure.ts'
import { pairedRow, type Row } from '../rows.ts'
import { inTempDir } from '../temp-dir.ts'

const RULES = 500
const FEW = 5
const VERDICTS = 2000
const WARM_UPS = 3

export const gate: BenchCase = {
  summary: `a verdict of the gate under ${RULES} rules, and under ${FEW}`,
  rounds: 15,
  notMeasured: [
    'a peer: createAgent has no policy, so the other side is the same gate with few rules',
    'a cold disk: what paths lead to is in the cache of the system after the first look',
    'grants, which are read from the journal where the rules ask'
  ],
  run: ({ rounds }) =>
    inTempDir(async (workspace) => ({
      rows: await measured(workspace, rounds),
      notes: { rules: `${RULES} and ${FEW}` }
    }))
}

async function measured(workspace: string, rounds: number): Promise<Row[]> {
  await mkdir(join(workspace, 'src'))
  await writeFile(join(workspace, 'src/main.ts'), '')
  await symlink(join(workspace, 'src'), join(workspace, 'link'))
  const rows: Row[] = []
  for (const { name, ...work } of CALLS) {
    const side = (rules: number) => judging({ ...work, workspace, remit: remitOf(rules) })
    const samples = await alternated({ ours: side(RULES), theirs: side(FEW) }, { rounds, warmUps: WARM_UPS })
    for (const [suffix, time] of TIMES) {
      const micros = (each: readonly Sample[]) => each.map((sample) => (time(sample) * 1000) / VERDICTS)
      const numbers = { ours: micros(samples.ours), theirs: micros(samples.theirs) }
      rows.push(pairedRow(numbers, { name: name + suffix, unit: 'µs/verdict', peer: `the same with ${FEW} rules` }))
    }
  }
  return rows
}

const TIMES = [
  ['', ({ wallMs }: Sample) => wallMs],
  [', CPU', ({ cpuMs }: Sample) => cpuMs]
] as const

/** A third about paths, a third about commands, a third about other tools; what decides stands at the end. */
function remitOf(rules: number): Remit {
  const filler = Array.from({ length: rules - 3 }, (_, nth) => FILLERS[nth % FILLERS.length]!(nth))
  return [...filler, allow('read', { path: '**' }), allow('shell', { command: 'npm test *' }), allow('plain')]
}

const FILLERS = [
  (nth: number) => deny('read', { path: `${nth % 2 === 0 ? 'private' : '**/secret'}-${nth}/**` }),
  (nth: number) => deny('shell', { command: `tool-${nth} publish *` }),
  (nth: number) => ask(`other-${nth}`)
]

interface Work {
  readonly name: string
  call(nth: number): { name: string; args: Record<string, unknown> }
}

const CALLS: readonly Work[] = [
  { name: 'a tool without arguments', call: () => ({ name: 'plain', args: {} }) },
  { name: 'a file', call: () => ({ name: 'read', args: { path: 'src/main.ts' } }) },
  { name: 'a file behind a link', call: () => ({ name: 'read', args: { path: 'link/main.ts' } }) },
  { name: 'a file that is not there', call: () => ({ name: 'read', args: { path: 'src/new/main.ts' } }) },
  {
    name: 'a line of shell, new',
    call: (nth) => ({ name: 'shell', args: { command: `npm test -- --shard ${nth} 2>&1` } })
  },
  { name: 'a line of shell, again', call: () => ({ name: 'shell', args: { command: 'npm test -- --watch' } }) }
]

const plain = tool({ name: 'plain', description: '', effect: 'read', args: z.object({}), run: async () => '' })

function judging({ call, workspace, remit }: Omit<Work, 'name'> & { workspace: string; remit: Remit }): Side {
  const { judge } = toolset({ tools: [read, shell, plain] })
  const authority = { remits: [remit], grants: [], path: 'agent', workspace, policy: undefined }
  let made = 0
  return async () => {
    let last: Judgement = { kind: 'deny', reason: 'nothing was judged' }
    for (let nth = 0; nth < VERDICTS; nth++) last = judge({ id: '', ...call(made++) }, authority)
    return { check: () => assert.deepEqual(last, { kind: 'allow' }) }
  }
}
