import { Argument, Command, Option } from 'commander'
import type { AgentRuntime } from '../../runtime/agent-runtime.ts'
import { type Decision, Scope } from '../../state/decisions.ts'
import { RuntimeError } from '../../state/errors.ts'
import type { Remit } from '../../state/remit.ts'
import { editedArgs } from '../driving/reply.ts'
import { watched } from '../driving/watch.ts'
import { findAsk } from '../finding/ask.ts'
import { ruleLine } from '../view/rule-line.ts'
import { type AtStore, atStore, type Setting } from './at-store.ts'
import { commandText, type DrivingOptions, withDriving } from './options.ts'
import { keepSaid } from './said-of-tree.ts'
import { timeSpan } from './time-span.ts'
import { standingTree, treeAt } from './tree-at.ts'

const KINDS = ['approve', 'reject', 'edit', 'answer'] as const
type Kind = (typeof KINDS)[number]

interface AnswerOptions extends DrivingOptions {
  readonly args?: string
  readonly for?: number
  readonly reason?: string
  readonly scope?: Scope
  readonly similar?: true
  readonly value?: string
}

export function answerCommand(setting: Setting): Command {
  return withDriving(new Command('answer'), { store: setting.usualStore })
    .description('decide an ask, and watch what waited for it go on')
    .argument('<ask>', 'an ask id, or how it begins')
    .addArgument(new Argument('<decision>', 'answer: for an ask that wants a value').choices(KINDS))
    .option('--args <json>', 'edit: the arguments to call with instead')
    .option('--reason <text>', 'reject: what the agent is told')
    .addOption(new Option('--scope <scope>', 'approve: how far it reaches').choices(Scope.options))
    .option('--for <time>', 'approve, with a scope: when it ends, e.g. 30m or 2h', timeSpan)
    .option('--similar', 'approve, with a scope: also calls like it, as far as one can be told from another')
    .option('--value <value>', 'answer: JSON, or plain text')
    .action((ask: string, kind: Kind, options: AnswerOptions) =>
      atStore(options, setting, (at) => answer(ask, { kind, options, at }))
    )
}

async function answer(
  given: string,
  { kind, options, at }: { kind: Kind; options: AnswerOptions; at: AtStore }
): Promise<number> {
  const decision = decisionOf(kind, options)
  const { store, surroundings, output, usualStore } = at
  const { ask } = await findAsk(given, store.journal)
  const thread = await store.journal.thread(ask.threadId)
  if (!thread) throw new RuntimeError('UNKNOWN_THREAD', `the thread ${ask.threadId} of this ask is not in the store`)
  const { root, runtime } = await treeAt(thread, { options, at })
  const tree = await standingTree(root.threadId, { runtime, output })
  const command = commandText(options, { usual: usualStore })
  const rules = options.similar ? await learned(ask.id, { runtime, output }) : undefined
  const begin = async () => {
    await keepSaid(root.threadId, { options, runtime, output })
    return runtime.resolveInput(ask.id, { ...decision, ...(rules && { rules }) } as Decision)
  }
  return watched(begin, {
    runtime,
    surroundings,
    output,
    options,
    tree,
    command
  })
}

/** The rules that the approval teaches; each is shown. */
async function learned(
  askId: string,
  { runtime, output }: { runtime: AgentRuntime } & Pick<AtStore, 'output'>
): Promise<Remit> {
  const lesson = await runtime.lesson(askId)
  if (!lesson.ok) throw new RuntimeError('BAD_DECISION', `nothing is learned from this call: ${lesson.reason}`)
  for (const rule of lesson.rules) output.aside(`from now on: ${ruleLine(rule)}`)
  return lesson.rules
}

/** Which flag belongs to which decision; one that would be without effect is refused. */
const FLAGS: Record<Kind, readonly (keyof AnswerOptions)[]> = {
  approve: ['scope', 'for', 'similar'],
  reject: ['reason'],
  edit: ['args'],
  answer: ['value']
}

function decisionOf(kind: Kind, options: AnswerOptions): Decision {
  const flags = Object.values(FLAGS).flat()
  const idle = flags.filter((flag) => options[flag] !== undefined && !FLAGS[kind].includes(flag))
  if (idle.length > 0) throw new RuntimeError('BAD_ARGUMENTS', `--${idle.join(', --')} says nothing to "${kind}"`)
  switch (kind) {
    case 'approve':
      return { kind, scope: options.scope ?? 'once', ...(options.for !== undefined && { forMs: options.for }) }
    case 'reject':
      return { kind, reason: options.reason ?? '' }
    case 'edit':
      return { kind, args: givenArgs(options.args) }
    case 'answer':
      return { kind, value: givenValue(options.value) }
  }
}

function givenArgs(json: string | undefined): Record<string, unknown> {
  if (json === undefined) throw new RuntimeError('BAD_ARGUMENTS', 'edit needs --args JSON')
  const edited = editedArgs(json)
  if ('problem' in edited) throw new RuntimeError('BAD_ARGUMENTS', `--args: ${edited.problem}`)
  return edited.args
}

function givenValue(text: string | undefined): unknown {
  if (text === undefined) throw new RuntimeError('BAD_ARGUMENTS', 'answer needs --value')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
