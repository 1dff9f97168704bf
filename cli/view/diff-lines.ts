import type { CheckpointDiff } from '../../runtime/history/diff.ts'
import type { HistoryEntry } from '../../runtime/history/list.ts'
import type { Change } from '../../state/diff.ts'
import type { Json, PlainMessage } from '../../state/plain.ts'
import { fitted, wrapped } from './columns.ts'
import type { Paint } from './paint.ts'
import { oneLine, printable } from './printable.ts'

/** From this width on both sides stand beside each other. */
const WIDE = 120

interface Sight {
  readonly width: number
  readonly paint: Paint
}

/** One thing that differs; one of the sides is missing where it came or went. */
interface Pair {
  readonly name: string
  readonly before?: string | undefined
  readonly after?: string | undefined
}

/** What differs, part by part; what is the same in both is not shown. */
export function diffLines(diff: CheckpointDiff, { width, paint }: Sight): string[] {
  const { messages, ledger, grants, channels, usage, files } = diff
  const spoken = [
    ...messages.removed.map((message) => ({ name: '', before: messageText(message) })),
    ...messages.changed.map(({ before, after }) => ({
      name: '',
      before: messageText(before),
      after: messageText(after)
    })),
    ...messages.added.map((message) => ({ name: '', after: messageText(message) }))
  ]
  const used = (Object.keys(usage.after) as (keyof typeof usage.after)[])
    .filter((kind) => usage.before[kind] !== usage.after[kind])
    .map((kind) => ({ name: kind, before: String(usage.before[kind]), after: String(usage.after[kind]) }))
  const touched = (files ?? []).map(({ path, kind }) => ({ name: path, after: kind }))
  const parts: [title: string, pairs: readonly Pair[]][] = [
    [`Messages (${messages.same} the same)`, spoken],
    ['Tasks', ledger.map(pairOf)],
    ['Grants', grants.map(pairOf)],
    ['Usage', used],
    ['State', channels.map(pairOf)],
    ['Files', touched]
  ]
  const shown = parts.filter(([, pairs]) => pairs.length > 0)
  const heading = `${placeText(diff.from)} → ${placeText(diff.to)}`
  if (shown.length === 0) return [paint.bold(heading), 'nothing differs']
  return [
    paint.bold(heading),
    ...shown.flatMap(([title, pairs]) => [
      '',
      paint.bold(title),
      ...pairs.flatMap((pair) => (width >= WIDE ? beside(pair, { width, paint }) : below(pair, { width, paint })))
    ])
  ]
}

function placeText(entry: HistoryEntry | undefined): string {
  if (!entry) return 'nothing'
  const labels = entry.labels.map((label) => ` [${label}]`).join('')
  return oneLine(`${entry.path} ${entry.step} ${entry.checkpointId}${labels}`)
}

function below({ name, before, after }: Pair, { width, paint }: Sight): string[] {
  const side = (sign: string, text: string | undefined) =>
    text === undefined ? [] : wrapped(text, width - 4).map((line, nth) => `${nth === 0 ? sign : ' '} ${line}`)
  return [
    ...(name ? [`  ${oneLine(name)}`] : []),
    ...side('-', before).map((line) => paint.red(line)),
    ...side('+', after).map((line) => paint.green(line))
  ]
}

/** Each half is filled before it is coloured: a colour has no width. */
function beside({ name, before = '', after = '' }: Pair, { width, paint }: Sight): string[] {
  const half = Math.floor((width - 3) / 2)
  const [left, right] = [wrapped(before, half), wrapped(after, half)]
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, nth) => {
    const [old, fresh] = [fitted(left[nth] ?? '', half), fitted(right[nth] ?? '', half)]
    return `${paint.red(old)} ${paint.dim('│')} ${paint.green(fresh)}`.trimEnd()
  })
  return [...(name ? [`  ${oneLine(name)}`] : []), ...rows]
}

function pairOf({ key, before, after }: Change): Pair {
  return { name: key, before: textOf(before), after: textOf(after) }
}

function messageText({ role, content, calls, call, status }: PlainMessage): string {
  const words = typeof content === 'string' ? content : jsonText(content)
  const called = Array.isArray(calls) ? calls.map((each) => `\n  calls ${jsonText(each as Json)}`).join('') : ''
  const about = call === undefined ? '' : ` (${String(call)}${status === 'error' ? ', failed' : ''})`
  return printable(`${role}${about}: ${words}${called}`)
}

const jsonText = (value: Json) => printable(JSON.stringify(value))
const textOf = (value: Json | undefined) => (value === undefined ? undefined : jsonText(value))
