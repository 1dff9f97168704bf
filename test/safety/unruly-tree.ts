// A tree of unruly agents. What each of them is and does follows from the seed and from what it is sent, so that a step that is
// executed again does the same again.
import type { BaseMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { defineAgent } from '../../prebuilt/define-agent.ts'
import type { Agent } from '../../runtime/agent.ts'
import { repliesThisTurn } from '../../state/messages.ts'
import { allow, ask, deny } from '../../state/remit.ts'
import { type Tool, tool } from '../../tools/tool.ts'
import { seeded } from '../crash/seeded.ts'
import { taskOf } from '../support/script.ts'
import { UnrulyModel, type Writes, type Written, type WrittenCall } from './unruly-model.ts'

export const LAST = 'and at last?'
export const LAST_ANSWER = 'at last'

export interface UnrulyInit {
  readonly seed: number
  /** Sees every list before its model does. */
  sees(messages: readonly BaseMessage[]): Promise<void>
  /** Sees the calls that a model has written. */
  wrote(calls: readonly WrittenCall[], messages: readonly BaseMessage[]): void
}

export type Draw = () => number

/** One of these, by chance. */
export function oneOf<T>(items: readonly T[], draw: Draw): T {
  return items[Math.floor(draw() * items.length)]!
}

/** A lead with up to two kinds of children, one of which may have children of its own. */
export function unrulyTree(init: UnrulyInit): Agent {
  const draw = seeded(init.seed)
  const agent = (name: string, delegates: readonly Agent[] = []) => {
    const names = ['touch', ...TOOLS.map((each) => each.name), ...(delegates.length > 0 ? ['delegate'] : [])]
    const agents = delegates.map(({ charter }) => charter.name)
    return defineAgent({
      name,
      delegates,
      tools: TOOLS,
      prompt: oneOf(['', 'Be kind.', ' '], draw),
      remit: [...(draw() < 0.2 ? [deny('note')] : []), ask('touch'), allow('*')],
      answers: draw() < 0.3 ? [allow('touch')] : [],
      limits: { view: oneOf([400_000, 400, 150], draw), steps: oneOf([3, 8, 8], draw) },
      model: new UnrulyModel(writing({ ...init, name, names, agents }))
    })
  }
  const tester = agent('tester')
  const coder = agent('coder', draw() < 0.5 ? [tester] : [])
  return agent('lead', oneOf([[], [coder], [tester], [coder, tester]], draw))
}

const acting = (name: string, run: (what: string) => Promise<string>, timeoutMs = 60_000): Tool =>
  tool({
    name,
    description: 'Acts.',
    effect: name === 'keep' ? 'idempotent' : 'once',
    args: z.object({ what: z.string() }),
    timeoutMs,
    run: ({ what }) => run(what)
  })

const TOOLS: readonly Tool[] = [
  acting('note', async (what) => `noted ${what}`),
  acting('touch', async (what) => `touched ${what}`),
  acting('keep', async (what) => `kept ${what} `.repeat(20)),
  acting('mute', async (what) => (what === 'a' ? '' : '\n')),
  acting('fail', async (what) => {
    throw new Error(what === 'a' ? '' : `it failed at ${what}`)
  }),
  acting('hang', () => new Promise(() => {}), 1)
]

interface Mind extends UnrulyInit {
  readonly name: string
  /** The tools that there are; one that is there twice is called more often. */
  readonly names: readonly string[]
  /** The agents that there are. */
  readonly agents: readonly string[]
}

function writing(mind: Mind): Writes {
  return async (messages) => {
    await mind.sees(messages)
    if (taskOf(messages) === LAST) return { text: LAST_ANSWER }
    const draw = seeded(printOf(messages, mind))
    if (draw() < 0.02) return { error: 'the model is out of order' }
    return written(messages, { mind, draw })
  }
}

const CLOSING = ['done', 'done', '', ' ', 'done \n']
const OPENING = ['', '', 'let me see', '\n', 'well ']

function written(messages: readonly BaseMessage[], { mind, draw }: { mind: Mind; draw: Draw }): Written {
  const isTired = repliesThisTurn(messages) >= (mind.name === 'lead' ? 4 : 2)
  if (draw() < (isTired ? 0.8 : 0.25)) return { text: oneOf(CLOSING, draw) }
  const calls = Array.from({ length: 1 + Math.floor(draw() * 3) }, (_, place) => drawnCall(place, { mind, draw }))
  mind.wrote(calls, messages)
  return { text: oneOf(OPENING, draw), calls }
}

const UNKNOWN = ['nothing', 'functions.note', 'rm -rf', '', 'x'.repeat(70)]
const BAD_ARGUMENTS = ['{"what":"a', '["a"]', '{}', '{"what":1}', 'null', '']
const WORDS = ['a', 'b', 'c'] as const

function drawnCall(place: number, { mind, draw }: { mind: Mind; draw: Draw }): WrittenCall {
  const { names, agents } = mind
  const id = oneOf(
    [undefined, `call_${place}`, `call_${place}`, `functions.note:${place}`, `${place}-${'y'.repeat(60)}`],
    draw
  )
  const name = draw() < 0.12 ? oneOf(UNKNOWN, draw) : oneOf(names, draw)
  if (draw() < 0.12) return { id, name, args: oneOf(BAD_ARGUMENTS, draw) }
  const what = oneOf(WORDS, draw)
  if (name !== 'delegate') return { id, name, args: JSON.stringify({ what }) }
  return { id, name, args: JSON.stringify({ agent: draw() < 0.1 ? 'nobody' : oneOf(agents, draw), task: what }) }
}

/** A number for what the agent was sent, as it says and not as its messages are called. */
function printOf(messages: readonly BaseMessage[], { seed, name }: Mind): number {
  const said = [name, ...messages.map((message) => `${message.getType()} ${message.text}`)].join('\n')
  return [...said].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) | 0, seed * 7919)
}
