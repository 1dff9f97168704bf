// One run of one thread's graph, from wherever its checkpoints stand to an outcome.
import { type BaseCheckpointSaver, Command, type Interrupt, type RunControl } from '@langchain/langgraph'
import type { Ask, AskRecord } from '../state/asks.ts'
import type { Clock } from '../state/context.ts'
import type { Failure } from '../state/errors.ts'
import type { Journal } from '../state/journal.ts'
import type { Outcome } from '../state/outcome.ts'
import type { TreePolicy } from '../state/policy.ts'
import type { ThreadRecord } from '../state/threads.ts'
import type { Agent, PortsOf } from './agent.ts'
import type { EventHub } from './events.ts'
import { type MarkingParts, marking, type ToldCheckpoint } from './history/marking.ts'
import type { HooksOf } from './hooks/hooks.ts'
import { runSaver } from './run-saver.ts'
import type { Slot } from './slots.ts'
import type { KeptFiles } from './snapshots/kept-files.ts'
import type { KeptPolicy } from './tree-policy.ts'
import type { Upstreams } from './upstreams.ts'

/** What a new turn is begun with. */
export interface Start {
  readonly input: string
  /** The letter that brought the input, which becomes the id of its message. */
  readonly letterId?: string
  /** The limit for which the agent is to hand over what it has. */
  readonly limit?: Failure
}

/** What the ports of a run need of the run itself. */
export interface RunHandle {
  readonly runId: string
  readonly signal: AbortSignal
  /** With which the run is told to pause; none where somebody else drives it. */
  readonly control?: RunControl
  /** Its place among those that work at once; none where nobody counts them. */
  slot?: Slot
}

/** Whose ports they are. */
export interface RunOfThread {
  readonly thread: ThreadRecord
  readonly run: RunHandle
  /** What is said of its tree. */
  readonly kept: TreePolicy | null
}

/** A run on its way, as its driver sees it. */
export interface RunState extends RunHandle {
  /** Somebody wants it to look at the journal again before it waits. */
  lookAgain: boolean
  /** What the graph's last superstep made of its state. */
  values?: unknown
  /** Background tasks have moved: a thread at rest is to look after them. */
  wakes?: boolean
}

export interface RunParts {
  readonly saver: BaseCheckpointSaver
  readonly journal: Journal
  readonly clock: Clock
  readonly durability: 'sync' | 'async' | 'exit'
  readonly upstreams: Upstreams
  /** A thread was heard of. */
  sign(threadId: string): void
  readonly events: Pick<EventHub, 'from'>
  readonly hooksOf?: HooksOf | undefined
  /** Keeps the files of workspaces with the checkpoints. */
  readonly files?: Pick<KeptFiles, 'saver'> | undefined
  /**
   * Reads what the journal has missed of a tree, where it does not know this checkpoint of a thread. Without it nothing of
   * checkpoints is kept in the journal.
   */
  readonly missed: MarkingParts['missed'] | undefined
  portsOf(run: RunOfThread): PortsOf
  readonly keptPolicy: KeptPolicy
}

interface Subject {
  readonly thread: ThreadRecord
  readonly agent: Agent
  readonly run: RunState
}

/** Enough for any turn that `limits.steps` allows; LangGraph's own limit would end one in the middle. */
const RECURSION_LIMIT = 100_000

/** What there is to do next: run the graph with an input, or nothing, since it rests or waits. */
type Position = { input: unknown } | { values: unknown; interrupts: readonly Interrupt[] }

/** Runs the graph of a thread until nothing is left to do here. What fails, or stops it, is thrown. */
export function runToOutcome(
  { thread, agent, run }: Subject,
  start: Start | undefined,
  parts: RunParts
): Promise<Outcome> {
  const { journal, clock } = parts
  const told = parts.events.from(thread, run.runId)
  const hooks = parts.hooksOf?.(thread, { ...run, emit: told.emit })
  const own = runSaver(parts.saver)
  const saver = parts.files?.saver(thread, { ...told, saver: own.saver }) ?? own.saver
  return toOutcome(start).finally(() => own.end({ isStopped: run.signal.aborted }))

  /** Runs the graph, and again with whatever was decided meanwhile, until nothing is left to do here. */
  async function toOutcome(start: Start | undefined): Promise<Outcome> {
    let letterId = start?.letterId
    let next = start ? { input: inputOf(start) } : await whereItStands()
    while (true) {
      const { values, interrupts } = 'input' in next ? await streamed(next.input) : next
      if (letterId) await journal.takeLetter(letterId)
      letterId = undefined
      if (interrupts.length === 0) return agent.dialect.outcome(values)
      run.lookAgain = false
      const asks = agent.dialect.asks(interrupts, thread)
      const decided = await openedOrDecided(asks)
      const resume = agent.dialect.resume(interrupts, decided) ?? (run.wakes ? lookingAgain(interrupts) : undefined)
      run.wakes = false
      if (resume) {
        for (const record of decided.values()) await announce(record)
        next = { input: new Command({ resume }) }
      } else if (run.lookAgain) next = { values, interrupts }
      else {
        const open = asks.filter(({ id }) => decided.get(id)?.status !== 'decided')
        return { status: 'asking', asks: open }
      }
    }
  }

  function inputOf({ input, letterId: id, limit }: Start): unknown {
    return agent.dialect.input(input, { id, limit, untrusted: thread.untrusted })
  }

  /** From the last checkpoint: what to go on with, or how the thread stands. */
  async function whereItStands(): Promise<Position> {
    const config = { configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver } }
    const state = await agent.graph.getState(config)
    run.values = state.values
    if (!state.config?.configurable?.checkpoint_id)
      return { input: agent.dialect.input(thread.task, { untrusted: thread.untrusted }) }
    const interrupts = state.tasks.flatMap((task) => task.interrupts)
    if (interrupts.length > 0) return { values: state.values, interrupts }
    // `next` leaves out what has written already: a process may have died between its writes and the checkpoint.
    if (state.tasks.length === 0) return atRest(state.values)
    return { input: null }
  }

  function atRest(values: unknown): Position {
    const input = run.wakes ? agent.dialect.woken : undefined
    run.wakes = false
    return input === undefined ? { values, interrupts: [] } : { input }
  }

  async function streamed(input: unknown) {
    run.signal.throwIfAborted()
    const upstream = parts.upstreams.of(thread.threadId)
    const marks = parts.missed && marking(thread, { ...parts, told, missed: parts.missed })
    const modes = new Set(['values', ...(marks ? ['checkpoints'] : []), ...(upstream?.modes ?? [])])
    const context = agent.context?.(parts.portsOf({ thread, run, kept: await parts.keptPolicy(thread.rootThreadId) }))
    const stream = await agent.graph.stream(input, {
      configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver },
      ...(context && { context }),
      signal: run.signal,
      control: run.control,
      durability: parts.durability,
      recursionLimit: RECURSION_LIMIT,
      streamMode: [...modes],
      subgraphs: upstream !== undefined
    })
    let interrupts: readonly Interrupt[] = []
    for await (const chunk of stream) {
      const [namespace, mode, data] = (upstream ? chunk : [[], ...(chunk as unknown[])]) as [
        string[],
        string,
        Record<string, unknown>
      ]
      parts.sign(thread.threadId)
      if (upstream && isWanted(mode, upstream.modes)) upstream.push([namespace, mode, data])
      if (namespace.length > 0) continue
      if (mode === 'checkpoints') await marks?.heard(data as unknown as ToldCheckpoint)
      if (mode !== 'values') continue
      if ('__interrupt__' in data) interrupts = data.__interrupt__ as Interrupt[]
      else run.values = data
    }
    marks?.ended()
    run.signal.throwIfAborted()
    return { values: run.values, interrupts }
  }

  /** The thread that asked tells of the decision as it goes on with it; those above only look after it again. */
  async function announce(record: AskRecord): Promise<void> {
    if (record.status !== 'decided' || record.ask.threadId !== thread.threadId) return
    const { ask, decision, by } = record
    const body = { type: 'ask.decided', toolCallId: ask.toolCallId, ask, decision, by } as const
    const entry = { row: { kind: 'told', askId: ask.id }, body } as const
    if (!hooks?.has('onDecision')) told.note(entry)
    else if (await told.keep(entry)) await hooks.onDecision({ ask, decision, by })
  }

  /** Makes asks known that are new, and gives the records of all of them. */
  async function openedOrDecided(asks: readonly Ask[]) {
    const known = new Map((await journal.asks(asks.map(({ id }) => id))).map((record) => [record.ask.id, record]))
    for (const ask of asks) {
      if (known.has(ask.id)) continue
      const { rootThreadId } = thread
      const at = clock.now()
      const body = { type: 'ask.opened', toolCallId: ask.toolCallId, ask } as const
      await told.keep({ row: { kind: 'ask', ask, rootThreadId, at }, body })
      known.set(ask.id, { status: 'open', ask, rootThreadId, openedAt: at } satisfies AskRecord)
    }
    return known
  }
}

/** What only the journal wants to hear of goes no further. */
function isWanted(mode: string, wanted: Iterable<string>): boolean {
  return mode !== 'checkpoints' || [...wanted].includes(mode)
}

/** Nothing is decided: the agent looks after its children again, and asks again. */
function lookingAgain(interrupts: readonly Interrupt[]): Record<string, unknown> {
  return Object.fromEntries(interrupts.map(({ id }) => [id, {}]))
}
