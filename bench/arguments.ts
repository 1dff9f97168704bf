import { parseArgs } from 'node:util'

export interface Arguments {
  readonly name: string | undefined
  readonly json: boolean
  readonly help: boolean
  readonly rounds: number | undefined
}

/** The command line asks for something that is not there. */
export class Misuse extends Error {}

/** @throws Misuse */
export function argumentsIn(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args)
  const { json = false, help = false, rounds } = values
  if (positionals.length > 1) throw new Misuse(`one case at a time, not ${positionals.join(' and ')}`)
  return { name: positionals[0], json, help, rounds: rounds === undefined ? undefined : roundsIn(rounds) }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, rounds: { type: 'string' } }
    })
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error))
  }
}

function roundsIn(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds > 0) return rounds
  throw new Misuse(`--rounds is a whole number above 0, not "${text}"`)
}
