import { isDeepStrictEqual } from 'node:util'
import { AIMessage, HumanMessage, RemoveMessage, ToolMessage } from '@langchain/core/messages'
import { Annotation, Command, interrupt, MessagesAnnotation, Send, START, StateGraph } from '@langchain/langgraph'
import {
  BaseCheckpointSaver,
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointTuple,
  type PendingWrite
} from '@langchain/langgraph-checkpoint'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../checkpointers/open.ts'
import { serializer } from '../../checkpointers/serializer.ts'
import { anyJson } from '../support/hostile-json.ts'
import { officialSaver } from '../support/official-savers.ts'
import { putValues } from '../support/put-values.ts'
import type { StorePlace } from '../support/stores.ts'

const LONG = 'a long text, '.repeat(30)
const RUNS = 25
const serde = serializer()
const threadT = { configurable: { thread_id: 't' } }

type Config = Parameters<BaseCheckpointSaver['put']>[0]

/** Puts everything into two savers, and reads from the first. */
class Both extends BaseCheckpointSaver {
  readonly #ours: BaseCheckpointSaver
  readonly #theirs: BaseCheckpointSaver

  constructor(ours: BaseCheckpointSaver, theirs: BaseCheckpointSaver) {
    super()
    this.#ours = ours
    this.#theirs = theirs
  }

  override getTuple(config: Config) {
    return this.#ours.getTuple(config)
  }

  override list(...asked: Parameters<BaseCheckpointSaver['list']>) {
    return this.#ours.list(...asked)
  }

  override async put(config: Config, checkpoint: Checkpoint, metadata: CheckpointMetadata, versions: object) {
    const put = [this.#ours, this.#theirs].map((saver) => saver.put(config, checkpoint, metadata, { ...versions }))
    return (await Promise.all(put))[0]!
  }

  override async putWrites(config: Config, writes: PendingWrite[], taskId: string, path?: string): Promise<void> {
    const at = { configurable: { ...config.configurable, checkpoint_ns: config.configurable?.checkpoint_ns ?? '' } }
    await Promise.all([this.#ours, this.#theirs].map((saver) => saver.putWrites(at, writes, taskId, path)))
  }

  override async deleteThread(): Promise<void> {}
}

async function tuplesOf(saver: BaseCheckpointSaver): Promise<CheckpointTuple[]> {
  const tuples: CheckpointTuple[] = []
  for await (const tuple of saver.list(threadT)) tuples.push(tuple)
  return tuples
}

/** Without the order of writes of different tasks, which the official savers do not say. */
function comparable({ checkpoint, metadata, parentConfig, pendingWrites = [] }: CheckpointTuple) {
  const parent = parentConfig?.configurable?.checkpoint_id
  return { checkpoint, metadata, parent, writes: pendingWrites.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) }
}

/** JSON that the official serializer takes for nothing else: its hostile kinds are in the property below. */
const { tame } = fc.letrec<{ tame: unknown }>((tie) => ({
  tame: fc.oneof(
    { maxDepth: 4 },
    fc.integer(),
    fc.string(),
    fc.constantFrom(null, true, LONG),
    fc.array(tie('tame'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('tame'))
  )
}))

/** What somebody asks of the graph, and what its nodes do then. */
const step = fc.record({
  do: fc.constantFrom('talk', 'tool', 'spread', 'remove', 'replace', 'mutate', 'ask', 'fail'),
  from: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.nat(30)),
  text: fc.oneof(
    // As the name of a file the official saver loses it; ours keeps it.
    fc.string({ minLength: 1 }).filter((text) => text !== '__proto__'),
    fc.constant(LONG),
    fc.string().map((text) => LONG + text)
  ),
  data: tame
})
type Step = (typeof step)['generate'] extends (...args: never[]) => fc.Value<infer Value> ? Value : never

/** A graph that does what it is told with the last message. */
function obedient(checkpointer: BaseCheckpointSaver) {
  const State = Annotation.Root({
    ...MessagesAnnotation.spec,
    order: Annotation<Step | undefined>,
    notes: Annotation<unknown[]>({ reducer: (all, more) => [...all, ...more], default: () => [] }),
    files: Annotation<Record<string, unknown>>({ reducer: (all, more) => ({ ...all, ...more }), default: () => ({}) })
  })
  return new StateGraph(State)
    .addNode(
      'work',
      ({ messages, order, files }) => {
        const { do: what, text, data } = order!
        const [first] = messages
        switch (what) {
          case 'tool':
            return { messages: [new ToolMessage({ content: text, tool_call_id: 'c', artifact: data })], notes: [data] }
          case 'spread':
            return new Command({ goto: [1, 2, 3].map((n) => new Send('part', { ...order, text: text + n })) })
          case 'remove':
            return { messages: first?.id ? [new RemoveMessage({ id: first.id })] : [] }
          case 'replace':
            return { messages: first?.id ? [new HumanMessage({ id: first.id, content: `${text} again` })] : [] }
          case 'mutate':
            if (first) first.additional_kwargs.note = data
            files[text] = data
            return { files }
          case 'ask':
            return { messages: [String(interrupt({ text, data }))] }
          case 'fail':
            throw new Error(text)
          default:
            return {
              messages: [new AIMessage({ content: text, additional_kwargs: { data } })],
              files: { [text]: data }
            }
        }
      },
      { ends: ['part'] }
    )
    .addNode('part', (given: unknown) => ({ notes: [given], messages: [new AIMessage((given as Step).text)] }))
    .addEdge(START, 'work')
    .compile({ checkpointer })
}

/**
 * What the official saver of Postgres gets right: it takes values of two branches for the same where their versions are the same
 * number, and does not see what was changed in place.
 */
function forPostgres(order: Step): Step {
  return { ...order, from: undefined, do: order.do === 'mutate' ? 'talk' : order.do }
}

async function obey(saver: BaseCheckpointSaver, steps: readonly Step[]): Promise<void> {
  const graph = obedient(saver)
  for (const order of steps) {
    const history = await tuplesOf(saver)
    const config = order.from === undefined ? threadT : (history[order.from % history.length]?.config ?? threadT)
    const waits = (await graph.getState(config)).tasks.some(({ interrupts }) => interrupts.length > 0)
    const input = waits ? new Command({ resume: order.text }) : { messages: [order.text], order }
    await graph.invoke(input as never, config).catch(() => {})
  }
}

/** What a saver that shares gives back is what one gives back that does not. */
export function describeEquality(dialect: 'SQLite' | 'Postgres', makePlace: () => Promise<StorePlace>): void {
  async function placed() {
    const { url, remove } = await makePlace()
    onTestFinished(remove)
    const stores: { close(): Promise<void> }[] = []
    const open = async () => {
      const store = await openStore(url)
      stores.push(store)
      return store.saver
    }
    const close = async () => void (await Promise.all(stores.splice(0).map((store) => store.close())))
    onTestFinished(close)
    return { url, open, close }
  }

  describe(`sharing in ${dialect}`, () => {
    it('is not seen in what any runs of a graph leave: it is what the official saver has', {
      timeout: 300_000
    }, async () => {
      const { open, close } = await placed()
      const there = await placed()
      const official = await officialSaver(there.url)
      onTestFinished(official.close)
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
          const ours = await open()
          await obey(new Both(ours, official.saver), dialect === 'SQLite' ? steps : steps.map(forPostgres))
          const theirs = (await tuplesOf(official.saver)).map(comparable)
          for (const by of [ours, await open()]) {
            const found = (await tuplesOf(by)).map(comparable)
            expect(found.map(({ checkpoint }) => checkpoint.id)).toEqual(theirs.map(({ checkpoint }) => checkpoint.id))
            for (const [at, tuple] of found.entries())
              if (!isDeepStrictEqual(tuple, theirs[at])) expect(tuple).toEqual(theirs[at])
          }
          await Promise.all([ours.deleteThread('t'), official.saver.deleteThread('t')])
          await close()
        }),
        { numRuns: RUNS }
      )
    })

    it('gives back any values, whatever is changed between them and wherever a branch begins', {
      timeout: 300_000
    }, async () => {
      const { open, close } = await placed()
      const item = fc.oneof(
        anyJson(),
        fc.constant(LONG).map((text) => ({ text })),
        fc.nat(9).map((id) => new HumanMessage({ id: `h${id}`, content: LONG + id }))
      )
      const change = fc.record({
        from: fc.nat(20),
        at: fc.nat(100),
        remove: fc.nat(3),
        insert: fc.array(item, { maxLength: 90 }),
        key: fc.nat(100),
        value: item,
        isCold: fc.boolean()
      })
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
          let saver = await open()
          const kept: { id: string; bytes: Buffer }[] = []
          for (const { from, at, remove, insert, key, value, isCold } of changes) {
            if (isCold) saver = await open()
            const parent = kept[from % Math.max(1, kept.length)]
            const had = parent && (await saver.getTuple({ configurable: { thread_id: 't', checkpoint_id: parent.id } }))
            const { list = [], record = {} } = (had?.checkpoint.channel_values ?? {}) as Values
            list.splice(at % (list.length + 1), remove, ...insert)
            for (let more = 0; more < key; more++) record[`${key} ${more}`] = more
            record[key] = value
            const id = await putValues(saver, { list, record, value }, { parent: parent?.id })
            kept.push({ id, bytes: serde.dump({ list, record, value }) })
          }
          for (const by of [saver, await open()])
            for (const { id, bytes } of kept) {
              const found = await by.getTuple({ configurable: { thread_id: 't', checkpoint_id: id } })
              expect(serde.dump(found!.checkpoint.channel_values).equals(bytes)).toBe(true)
            }
          await saver.deleteThread('t')
          await close()
        }),
        { numRuns: RUNS }
      )
    })
  })
}

interface Values {
  readonly list?: unknown[]
  readonly record?: Record<string, unknown>
}
