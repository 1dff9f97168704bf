import { setImmediate as turnOfTheLoop } from 'node:timers/promises'

/** Once all that lay in the terminals that are read here has been read: the event loop looks there between two turns. */
export async function drained(): Promise<void> {
  await turnOfTheLoop()
  await turnOfTheLoop()
}
