import { InvalidArgumentError } from 'commander'
import { Budget, type BudgetLimit } from '../../state/budget.ts'
import { timeSpan } from './time-span.ts'

const LIMITS = Budget.keyof().options

/** `tokens=20000,usd=0.5,wallMs=30m` */
export function budget(text: string): Partial<Budget> {
  const caps: Partial<Budget> = {}
  for (const part of text.split(',')) {
    const [name = '', value = '', ...rest] = part.split('=').map((word) => word.trim())
    const limit = LIMITS.find((known) => known === name)
    if (!limit || value === '' || rest.length > 0)
      throw new InvalidArgumentError(`it is LIMIT=NUMBER, several with commas; a limit is one of ${LIMITS.join(', ')}.`)
    if (caps[limit] !== undefined) throw new InvalidArgumentError(`${limit} is given twice.`)
    caps[limit] = capOf(limit, value)
  }
  return caps
}

function capOf(limit: BudgetLimit, text: string): number {
  const given = limit === 'wallMs' && /[smhd]$/.test(text) ? timeSpan(text) : Number(text)
  const parsed = Budget.shape[limit].safeParse(given)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError(`${limit} is a ${limit === 'usd' ? 'number' : 'whole number'} above 0.`)
}
