import { parseArgs } from 'node:util'
import { DATABASES, type DatabaseName } from './threads/places.ts'

export interface Arguments {
  readonly name: string | undefined
  readonly json: boolean
  readonly help: boolean
  readonly rounds: number | undefined
  readonly turns: number | undefined
  readonly on: DatabaseName | undefined
}

/** The command line asks for something that is not there. */
export class Misuse extends Error {}

/** @throws Misuse */
export function argumentsIn(args: readonly string[]): Arguments {
  const { values, positionals } = parsed(args)
  const { json = false, help = false } = values
  if (positionals.length > 1) throw new Misuse(`one case at a time, not ${positionals.join(' and ')}`)
  const counts = { rounds: countIn(values, 'rounds'), turns: countIn(values, 'turns') }
  return { name: positionals[0], json, help, ...counts, on: databaseIn(values.on) }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        rounds: { type: 'string' },
        turns: { type: 'string' },
        on: { type: 'string' }
      }
    })
  } catch (error) {
    throw new Misuse(error instanceof Error ? error.message : String(error))
  }
}

function countIn<Name extends string>(values: { [name in Name]?: string | undefined }, name: Name): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new Misuse(`--${name} is a whole number above 0, not "${text}"`)
}

function databaseIn(text: string | undefined): DatabaseName | undefined {
  const found = DATABASES.find((name) => name === text)
  if (text === undefined || found) return found
  throw new Misuse(`--on is ${DATABASES.join(' or ')}, not "${text}"`)
}
