import { z } from 'zod'
import { type Tool, tool } from '../../tools/tool.ts'

/** A tool whose effects can be counted: `act` with a `what`. */
export function effects(name = 'touch'): Tool & { readonly done: string[] } {
  const done: string[] = []
  const touch = tool({
    name,
    description: 'Has an effect.',
    effect: 'once',
    args: z.object({ what: z.string() }),
    async run({ what }) {
      done.push(what)
      return `touched ${what}`
    }
  })
  return Object.assign(touch, { done })
}
