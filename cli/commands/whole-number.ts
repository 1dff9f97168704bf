import { InvalidArgumentError } from 'commander'

export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('it is a whole number from 1 on.')
}
