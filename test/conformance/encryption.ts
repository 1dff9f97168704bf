import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type OpenOptions, openStore } from '../../checkpointers/open.ts'
import type { Store } from '../../checkpointers/store.ts'
import { execute } from '../support/execute.ts'
import { appendEvents, beginCall, finishCall, writeRows } from '../support/kept.ts'
import { officialSaver } from '../support/official-savers.ts'
import { putValues } from '../support/put-values.ts'
import { aCall, aGrant, aLetter, aMark, anAsk, anEvent, aRepeat, aThread } from '../support/records.ts'
import { rowsOf } from '../support/rows-of.ts'
import type { StorePlace } from '../support/stores.ts'
import { SAID, workThrough } from '../support/worked.ts'

const KEY = randomBytes(32).toString('hex')
const OTHER_KEY = randomBytes(32).toString('base64')
const APPROVAL = { decision: { kind: 'approve', scope: 'once' }, by: { kind: 'person' }, at: 9 } as const
const HASH = 'hash-of-the-arguments'

/** Rows of the kinds that such a tree does not leave. */
async function keepRows({ journal }: Store): Promise<void> {
  await journal.send(aLetter('l', { text: SAID }))
  await journal.put({ threadId: 't', toolCallId: 'c', text: SAID })
  await journal.grant(aGrant('g', { argsHash: HASH }))
  await beginCall(journal, aCall('c', { argsHash: HASH }))
  await writeRows(journal, { kind: 'repeat', repeat: aRepeat('c', { argsHash: HASH }) })
}

/** All that lies on the disk, as far as it can be searched for text. */
async function disk(url: string, store: Store): Promise<Buffer> {
  if (!url.startsWith('sqlite:')) return Buffer.from((await rowsOf(store, { url })).join('\n'))
  const files = ['', '-wal'].map((end) => url.slice('sqlite:'.length) + end).filter((file) => existsSync(file))
  return Buffer.concat(await Promise.all(files.map((file) => readFile(file))))
}

const configOf = (threadId: string, checkpoint_id?: string) => ({
  configurable: { thread_id: threadId, checkpoint_ns: '', ...(checkpoint_id && { checkpoint_id }) }
})

/** What an encrypted store hides, and what it makes of rows that somebody else has put there. */
export function describeEncryption(dialect: 'SQLite' | 'Postgres', makePlace: () => Promise<StorePlace>): void {
  describe(`an encrypted store in ${dialect}`, () => {
    async function freshUrl() {
      const place = await makePlace()
      onTestFinished(place.remove)
      return place.url
    }
    async function open(url: string, options: OpenOptions = { encryptionKey: KEY }) {
      const store = await openStore(url, options)
      onTestFinished(store.close)
      return store
    }
    const refusal = (...words: string[]) => ({
      name: 'RuntimeError',
      code: 'BAD_STORE',
      message: expect.stringMatching(words.join('.*'))
    })

    it.each([
      ['nothing', { encryptionKey: KEY }, false],
      ['everything, where there is no key,', { encryptionKey: '' }, true]
    ])('has %s of what was said where everybody can read it', async (_, options, isSeen) => {
      const url = await freshUrl()
      const store = await open(url, options)
      await workThrough(store)
      await keepRows(store)
      const bytes = await disk(url, store)
      const isText = (text: string) => bytes.includes(text) || bytes.includes(Buffer.from(text).toString('hex'))
      expect([isText('the code of the safe'), isText('4711; '), isText(HASH)]).toEqual([isSeen, isSeen, isSeen])
      expect(isText(KEY) || bytes.includes(Buffer.from(KEY, 'hex'))).toBe(false)
      await store.close()
      if (dialect === 'SQLite') expect((await disk(url, store)).includes('the code of the safe')).toBe(isSeen)
    })

    it('gives back what was said, to whoever has the key', async () => {
      const url = await freshUrl()
      const writer = await open(url)
      await workThrough(writer)
      await keepRows(writer)
      await writer.close()
      const { journal, saver, ...store } = await open(url, {
        encryptionKey: Buffer.from(KEY, 'hex').toString('base64')
      })
      const [root] = await journal.roots({ limit: 9 })
      expect(root?.task).toBe(SAID)
      expect(await journal.letters('root')).toMatchObject([{ text: SAID }])
      expect(await journal.get({ threadId: 't', toolCallId: 'c' })).toBe(SAID)
      expect(await journal.grantsOf('root')).toMatchObject([{ argsHash: HASH }])
      expect(await journal.startedCalls({ rootThreadId: 'root' })).toMatchObject([{ argsHash: HASH }])
      expect(await journal.repeatsIn('root')).toMatchObject([{ argsHash: HASH }])
      const marks = await journal.checkpoints(root!.threadId, { limit: 99 })
      expect(marks.some(({ last }) => last.includes('the code of the safe'))).toBe(true)
      const tuple = await saver.getTuple(configOf(root!.threadId))
      expect(JSON.stringify(tuple!.checkpoint.channel_values)).toContain(SAID.trim())
      expect(journal.damaged()).toEqual([])
      expect(inspect(store, { depth: 9 })).not.toContain(KEY)
    })

    it('is not opened without its key, nor with another, and neither is told', async () => {
      const url = await freshUrl()
      await (await open(url)).close()
      await expect(open(url, { encryptionKey: '' })).rejects.toMatchObject(
        refusal('encrypted', 'DEPUTY_ENCRYPTION_KEY')
      )
      const opening = open(url, { encryptionKey: OTHER_KEY })
      await expect(opening).rejects.toMatchObject(refusal('another key'))
      const thrown = await opening.catch((error: unknown) => inspect(error, { depth: 9 }))
      expect([KEY, OTHER_KEY].some((key) => String(thrown).includes(key))).toBe(false)
    })

    it('is opened with both keys, where it has both, and with neither alone', async () => {
      const url = await freshUrl()
      const both = { encryptionKey: KEY, key: OTHER_KEY }
      const writer = await open(url, both)
      await putValues(writer.saver, { text: SAID })
      const reader = await open(url, both)
      expect((await reader.saver.getTuple(configOf('t')))?.checkpoint.channel_values).toEqual({ text: SAID })
      await expect(open(url, { encryptionKey: KEY, key: '' })).rejects.toMatchObject(refusal('DEPUTY_STORE_KEY'))
      await expect(open(url, { encryptionKey: '', key: OTHER_KEY })).rejects.toMatchObject(refusal('encrypted'))
    })

    it('is none where there are rows in the clear: it is refused, with what to do, and left as it is', async () => {
      const url = await freshUrl()
      const plain = await open(url, { encryptionKey: '' })
      await plain.journal.saveThread(aThread('t'))
      await expect(open(url)).rejects.toMatchObject(
        refusal('rows that are not encrypted', 'deputy store import --from')
      )
      const again = await open(url, { encryptionKey: '' })
      expect(await again.journal.thread('t')).toEqual(aThread('t'))
    })

    it('is none where an official saver has left checkpoints', async () => {
      const url = await freshUrl()
      const { saver, close } = await officialSaver(url)
      await putValues(saver, { text: SAID }).finally(close)
      await expect(open(url)).rejects.toMatchObject(refusal('rows that are not encrypted'))
    })

    it('takes over nothing that an official saver leaves later, and names it', async () => {
      const url = await freshUrl()
      await (await open(url)).close()
      const { saver, close } = await officialSaver(url)
      await putValues(saver, { text: SAID }).finally(close)
      const store = await open(url)
      expect(await store.saver.getTuple(configOf('t'))).toBeUndefined()
      expect(store.journal.damaged()).toEqual([expect.stringMatching(/checkpoints "t" "".*not encrypted/)])
    })

    it('is marked once, where several open it at the same time', async () => {
      const url = await freshUrl()
      const stores = await Promise.all([1, 2, 3].map(() => open(url)))
      for (const { saver } of stores) await putValues(saver, { text: SAID })
      const marks = (await rowsOf(stores[0]!, { url })).filter((row) => /^\W*deputy_encryption\W/.test(row))
      expect(marks).toHaveLength(1)
      for (const { saver } of stores) expect(await saver.getTuple(configOf('t'))).toBeDefined()
    })

    describe('refuses, by name, and hides no other', () => {
      /** Two rows of each kind that can be damaged apart. */
      async function twoOfEach() {
        const url = await freshUrl()
        const store = await open(url)
        const { journal } = store
        for (const id of ['good', 'bad']) {
          await journal.saveThread(aThread(id, { parentThreadId: null }))
          await journal.openAsk({ ask: anAsk(id), rootThreadId: 'root', at: 1 })
          await journal.decideAsk(id, APPROVAL)
          await journal.send(aLetter(id))
          await beginCall(journal, aCall(id))
          await finishCall(journal, { threadId: 'thread-1', toolCallId: id, result: { ok: true, output: id }, at: 2 })
          await journal.put({ threadId: 't', toolCallId: id, text: id })
          await journal.grant(aGrant(id))
          await writeRows(journal, { kind: 'checkpoint', mark: aMark(id) })
          await writeRows(journal, { kind: 'repeat', repeat: aRepeat(id) })
        }
        await appendEvents(journal, [anEvent(1), anEvent(2)])
        return { url, store }
      }

      const COLUMNS = [
        ['deputy_threads', 'task', 'thread_id', '"words"'],
        ['deputy_asks', 'ask', 'id', '{}'],
        ['deputy_asks', 'decision', 'id', '{"kind":"approve","scope":"once"}'],
        ['deputy_asks', 'decided_by', 'id', '{"kind":"person"}'],
        ['deputy_letters', 'text', 'id', '"words"'],
        ['deputy_calls', 'result', 'tool_call_id', '{"ok":true,"output":"forged"}'],
        ['deputy_calls', 'args_hash', 'tool_call_id', 'abc'],
        ['deputy_outputs', 'text', 'tool_call_id', '"words"'],
        ['deputy_grants', 'args_hash', 'id', 'abc'],
        ['deputy_marks', 'last', 'checkpoint_id', '"words"'],
        ['deputy_repeats', 'args_hash', 'tool_call_id', 'abc'],
        ['deputy_events', 'event', 'seq', '{"type":"turn.started"}']
      ] as const

      for (const [table, column, key, plain] of COLUMNS) {
        const [good, bad] = table === 'deputy_events' ? ['1', '2'] : ["'good'", "'bad'"]
        const other = `(select ${column} from ${table} where ${key} = ${good})`
        it.each([
          ['put there in the clear', `'${plain}'`, 'not encrypted'],
          ['put there from another row', other, 'does not match'],
          [
            'changed in one place',
            `substr(${column}, 1, 30) || case substr(${column}, 31, 1) when 'A' then 'B' else 'A' end || substr(${column}, 32)`,
            'does not match'
          ],
          ['cut off', `substr(${column}, 1, 12)`, 'does not match']
        ])(`a ${column} of ${table} that was %s`, async (_, value, words) => {
          const { url, store } = await twoOfEach()
          await execute(url, `update ${table} set ${column} = ${value} where ${key} = ${bad}`)
          const { journal } = store
          const byKey: Record<string, () => Promise<unknown>> = {
            deputy_threads: () => journal.thread('bad'),
            deputy_asks: () => journal.ask('bad'),
            deputy_calls: () => journal.call({ threadId: 'thread-1', toolCallId: 'bad' }),
            deputy_outputs: () => journal.get({ threadId: 't', toolCallId: 'bad' }),
            deputy_marks: () => journal.checkpoint({ threadId: 'thread-1', checkpointId: 'bad' })
          }
          const lists: Record<string, () => Promise<unknown[]>> = {
            deputy_threads: () => journal.roots({ limit: 9 }),
            deputy_asks: () => journal.asks(['good']),
            deputy_letters: () => journal.letters('root'),
            deputy_calls: () => journal.effectsOf('root'),
            deputy_outputs: async () => [await journal.get({ threadId: 't', toolCallId: 'good' })],
            deputy_grants: () => journal.grantsOf('root'),
            deputy_marks: () => journal.checkpoints('root', { limit: 9 }),
            deputy_repeats: () => journal.repeatsIn('root'),
            deputy_events: () => journal.eventsOf('root', { after: 0, limit: 9 })
          }
          if (byKey[table]) await expect(byKey[table]()).rejects.toMatchObject(refusal(table, 'bad', words))
          expect(await lists[table]!()).toHaveLength(1)
          expect(journal.damaged()).toEqual([expect.stringMatching(new RegExp(`${table} .*${words}`))])
        })
      }

      it('a checkpoint that was put there in the clear', async () => {
        const url = await freshUrl()
        const { saver, journal } = await open(url)
        const first = await putValues(saver, { text: SAID })
        const second = await putValues(saver, { text: 'short' }, { parent: first })
        const bytes = dialect === 'SQLite' ? `x'00${'ab'.repeat(40)}'` : `'\\x00${'ab'.repeat(40)}'::bytea`
        await execute(url, `update deputy_checkpoints set body = ${bytes} where parent_id is not null`)
        await expect(saver.getTuple(configOf('t', second))).rejects.toMatchObject(refusal(second, 'not encrypted'))
        expect((await saver.getTuple(configOf('t', first)))?.checkpoint.channel_values).toEqual({ text: SAID })
        expect(journal.damaged()).toHaveLength(1)
      })

      it('what is encrypted, where there is no key and nothing that says that there should be one', async () => {
        const { url, store } = await twoOfEach()
        await putValues(store.saver, { text: SAID })
        await execute(url, 'delete from deputy_encryption')
        await execute(url, "delete from deputy_asks where id = 'good'")
        const { journal, saver } = await open(url, { encryptionKey: '' })
        await expect(journal.ask('bad')).rejects.toMatchObject(refusal('deputy_asks "bad": it is encrypted'))
        await expect(saver.getTuple(configOf('t'))).rejects.toMatchObject(refusal('it is encrypted'))
      })
    })
  })
}
