import type { ExplainedPart, ExplainedRung, Explanation } from '../../state/explanation.ts'
import type { Paint } from './paint.ts'
import { oneLine } from './printable.ts'

/** The verdict and its reason; then what each thing that the call touches got, from whom, and why. */
export function explanationLines({ judgement, parts }: Explanation, paint: Paint): string[] {
  const reason = 'reason' in judgement ? `: ${oneLine(judgement.reason)}` : ''
  return [`${toned(judgement.kind, paint)}${reason}`, ...parts.flatMap((part) => partLines(part, paint))]
}

function partLines({ what, kind, rungs }: ExplainedPart, paint: Paint): string[] {
  const head = what === undefined ? [] : [`  ${toned(kind, paint)}  ${oneLine(what)}`]
  return [...head, ...rungs.map((rung) => `    ${paint.dim(rungLine(rung))}`)]
}

function rungLine({ path, kind, reason }: ExplainedRung): string {
  return oneLine(`${path === undefined ? '' : `${path}: `}${kind}, ${reason}`)
}

function toned(kind: string, { green, yellow, red }: Paint): string {
  if (kind === 'allow') return green(kind)
  if (kind === 'ask') return yellow(kind)
  return kind === 'deny' ? red(kind) : kind
}
