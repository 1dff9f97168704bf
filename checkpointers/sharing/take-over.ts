// Checkpoints from the official savers' tables, into ours. In one transaction some of them are put, read again and, being equal,
// removed from the old tables: at any time each is in one place. What is damaged there stays there.
import { isDeepStrictEqual } from 'node:util'
import type { CheckpointTuple, PendingWrite } from '@langchain/langgraph-checkpoint'
import { RuntimeError } from '../../state/errors.ts'
import { NOT_ENCRYPTED } from '../encryption.ts'
import type { RowReader } from '../row-reader.ts'
import type { SharingSaver } from './saver.ts'
import type { ListName } from './shelf.ts'

/** The checkpoints of one list in the tables of the official saver. */
export interface OldList {
  readonly name: ListName
  /** Oldest first, so that each shares with its parent. Another process may have taken some over since. */
  ids(): Promise<readonly string[]>
  /** @throws RuntimeError BAD_STORE where it is damaged */
  tuple(id: string): Promise<CheckpointTuple | undefined>
  remove(id: string): Promise<void>
}

/** A transaction on both tables. */
export interface TakingOver {
  list(name: ListName): OldList
  /** One that knows nothing of what another one wrote but what is in the database. */
  newSaver(): SharingSaver
}

interface Lists {
  readonly names: readonly ListName[]
  readonly read: RowReader
  inTransaction(work: (on: TakingOver) => Promise<void>): Promise<void>
}

/** A list that does not come over as it was is named, and stays where it is. */
export async function takeOver({ names, read, inTransaction }: Lists): Promise<void> {
  for (const name of names)
    try {
      await takeOverList(name, inTransaction)
    } catch (thrown) {
      if (!isBadStore(thrown)) throw thrown
      read.all(staying(thrown), [name])
    }
}

/** What an encrypted store does: nobody encrypted them. They are named. */
export function leaveThere(names: readonly ListName[], read: RowReader): void {
  read.all(staying(new RuntimeError('BAD_STORE', NOT_ENCRYPTED)), names)
}

function staying(reason: Error) {
  return { table: 'checkpoints', key: ['threadId', 'namespace'], parse: () => refuse(reason) }
}

function refuse(reason: Error): never {
  throw reason
}

/** How many are taken over in one transaction. */
const SOME = 32

async function takeOverList(name: ListName, inTransaction: Lists['inTransaction']): Promise<void> {
  let ids: readonly string[] = []
  await inTransaction(async (on) => {
    ids = await on.list(name).ids()
  })
  for (let at = 0; at < ids.length; at += SOME)
    await inTransaction(async (on) => {
      const savers = { into: on.newSaver(), check: on.newSaver() }
      for (const id of ids.slice(at, at + SOME)) await takeOverOne(on.list(name), { id, ...savers })
    })
}

interface One {
  readonly id: string
  readonly into: SharingSaver
  readonly check: SharingSaver
}

async function takeOverOne(old: OldList, { id, into, check }: One): Promise<void> {
  const tuple = await readable(old, id)
  if (!tuple) return
  await bringOver(tuple, { into, check })
  await old.remove(id)
}

interface Savers {
  readonly into: SharingSaver
  readonly check: SharingSaver
  /** For each pending write where its task stood in the step, which says in what order they are applied; where that is known. */
  readonly paths?: readonly string[] | undefined
}

/**
 * Puts a checkpoint with its writes, and reads it again.
 * @throws RuntimeError BAD_STORE where it is not equal then
 */
export async function bringOver(tuple: CheckpointTuple, { into, check, paths }: Savers): Promise<void> {
  await copy(tuple, { into, paths })
  const found = await check.getTuple(tuple.config)
  const comparable = paths ? inOrder : inAnyOrder
  if (found && isDeepStrictEqual(comparable(tuple), comparable(found))) return
  const id = JSON.stringify(tuple.checkpoint.id)
  throw new RuntimeError('BAD_STORE', `the checkpoint ${id} did not come over as it was: it stays where it was`)
}

/** A damaged one has been named by who read it. */
async function readable(old: OldList, id: string): Promise<CheckpointTuple | undefined> {
  try {
    return await old.tuple(id)
  } catch (thrown) {
    if (isBadStore(thrown)) return undefined
    throw thrown
  }
}

async function copy(
  { config, parentConfig, checkpoint, metadata, pendingWrites = [] }: CheckpointTuple,
  { into, paths = [] }: Omit<Savers, 'check'>
) {
  const { thread_id, checkpoint_ns } = config.configurable!
  const after = { configurable: { thread_id, checkpoint_ns, checkpoint_id: parentConfig?.configurable?.checkpoint_id } }
  const put = into.put(after, checkpoint, metadata!)
  const together = new Map<string, Together>()
  pendingWrites.forEach(([task, channel, value], at) => {
    const path = paths[at] ?? ''
    const key = JSON.stringify([task, path])
    const { writes } = together.get(key) ?? { writes: [] }
    together.set(key, { task, path, writes: [...writes, [channel, value]] })
  })
  const puts = Array.from(together.values(), ({ task, path, writes }) => into.putWrites(config, writes, task, path))
  await into.flush() // not at the end of the turn: nothing else is to come in between
  await Promise.all([put, ...puts])
}

/** What one task wrote, as one call puts it. */
interface Together {
  readonly task: string
  readonly path: string
  readonly writes: PendingWrite[]
}

function inOrder({ checkpoint, metadata, parentConfig, pendingWrites: writes = [] }: CheckpointTuple) {
  return { checkpoint, metadata, parent: parentConfig?.configurable?.checkpoint_id, writes }
}

function inAnyOrder(tuple: CheckpointTuple) {
  const { writes, ...rest } = inOrder(tuple)
  return { ...rest, writes: writes.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)) }
}

function isBadStore(thrown: unknown): thrown is RuntimeError {
  return thrown instanceof RuntimeError && thrown.code === 'BAD_STORE'
}
