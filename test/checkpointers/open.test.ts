import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import Database from 'better-sqlite3'
import pg from 'pg'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DEFAULT_STORE, openStore, storeUrl } from '../../checkpointers/index.ts'
import { type ErrorCode, RuntimeError } from '../../state/errors.ts'
import { putCheckpoint } from '../conformance/fence.ts'
import { freshDatabase } from '../support/postgres.ts'
import { tempDir } from '../support/temp-dir.ts'
import { withoutRoot } from '../support/without-root.ts'

/** The refusal with which opening ends. */
async function refusal(url: string): Promise<RuntimeError> {
  const opened = openStore(url)
  const thrown = await opened.then(
    (store) => store.close(),
    (error: unknown) => error
  )
  expect(thrown).toBeInstanceOf(RuntimeError)
  return thrown as RuntimeError
}

async function expectRefusal(url: string, code: ErrorCode, ...words: string[]): Promise<void> {
  const { code: found, message } = await refusal(url)
  expect({ code: found, message }).toMatchObject({ code })
  for (const word of words) expect(message).toContain(word)
}

describe('the key of the store', () => {
  it('is what is said, or what DEPUTY_STORE_KEY says', async () => {
    const url = `sqlite:${join(await tempDir(), 'deputy.db')}`
    const key = 'ab'.repeat(32)
    const putWith = async (options = {}) => {
      const { saver, close } = await openStore(url, options)
      await putCheckpoint(saver, 'thread').finally(close)
    }
    const readWith = async (options = {}) => {
      const { saver, close } = await openStore(url, options)
      return saver.getTuple({ configurable: { thread_id: 'thread' } }).finally(close)
    }
    onTestFinished(() => void vi.unstubAllEnvs())
    await putWith({ key })
    await expect(readWith()).rejects.toThrow('DEPUTY_STORE_KEY')
    vi.stubEnv('DEPUTY_STORE_KEY', key)
    expect(await readWith()).toBeDefined()
    await expect(readWith({ key: '' })).rejects.toThrow('DEPUTY_STORE_KEY')
  })

  it('is refused where it is none, before anything is made', async () => {
    const path = join(await tempDir(), 'deputy.db')
    await expect(openStore(`sqlite:${path}`, { key: 's3cret' })).rejects.toMatchObject({
      code: 'BAD_STORE',
      message: expect.not.stringContaining('s3cret')
    })
    expect(existsSync(path)).toBe(false)
  })
})

describe('the encryption key of the store', () => {
  it('is what is said, or what DEPUTY_ENCRYPTION_KEY says', async () => {
    const url = `sqlite:${join(await tempDir(), 'deputy.db')}`
    const encryptionKey = 'ab'.repeat(32)
    const openWith = async (options = {}) => (await openStore(url, options)).close()
    onTestFinished(() => void vi.unstubAllEnvs())
    await openWith({ encryptionKey })
    await expect(openWith()).rejects.toThrow('DEPUTY_ENCRYPTION_KEY')
    vi.stubEnv('DEPUTY_ENCRYPTION_KEY', encryptionKey)
    await openWith()
    await expect(openWith({ encryptionKey: '' })).rejects.toThrow('DEPUTY_ENCRYPTION_KEY')
  })

  it.each(['s3cret', 'ab'.repeat(31), 'ab'.repeat(33), 'ab'.repeat(16)])(
    'is refused by name where it is none, before anything is made: "%s"',
    async (encryptionKey) => {
      const path = join(await tempDir(), 'deputy.db')
      const opening = openStore(`sqlite:${path}`, { encryptionKey })
      await expect(opening).rejects.toMatchObject({ code: 'BAD_STORE', message: expect.stringContaining('32 bytes') })
      await expect(opening).rejects.toThrow('DEPUTY_ENCRYPTION_KEY')
      await expect(opening).rejects.not.toThrow(encryptionKey)
      expect(existsSync(path)).toBe(false)
    }
  )
})

describe('the url of the store', () => {
  it('is a file below the working directory where nothing else is said', () => {
    expect(storeUrl({})).toBe(DEFAULT_STORE)
    expect(storeUrl({ DEPUTY_STORE: '' })).toBe('sqlite:.deputy/deputy.db')
  })

  it('is what DEPUTY_STORE says', () => {
    expect(storeUrl({ DEPUTY_STORE: 'memory:' })).toBe('memory:')
  })

  it.each([
    '',
    'deputy.db',
    'sqlite:',
    'memory',
    'memory:x',
    'mysql://host/db',
    'file:deputy.db',
    'sqlite3:x',
    'POSTGRES'
  ])('is refused with the three forms where it is "%s"', async (url) => {
    await expectRefusal(url, 'BAD_STORE', `"${url}"`, 'memory:', 'sqlite:PATH', 'postgres://')
  })

  it('is shown without its password where it names no store', async () => {
    expect((await refusal('mysql://me:s3cret@host/db')).message).not.toContain('s3cret')
  })
})

describe('a dialect', () => {
  it('is loaded only when it is asked for', async () => {
    const script = `
      import { createRequire } from 'node:module'
      import { openStore } from './checkpointers/open.ts'
      await (await openStore(process.argv[1])).close()
      const loaded = Object.keys(createRequire(import.meta.url).cache)
      console.log(JSON.stringify(['better-sqlite3', 'pg'].filter((name) => loaded.some((file) => file.includes('/node_modules/' + name + '/')))))
    `
    const loadedBy = async (url: string): Promise<unknown> => {
      const args = ['--import', 'tsx', '--input-type=module', '--eval', script, url]
      return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
    }
    const file = join(await tempDir(), 'deputy.db')
    expect(await Promise.all([loadedBy('memory:'), loadedBy(`sqlite:${file}`)])).toEqual([[], ['better-sqlite3']])
  })
})

describe('a SQLite file', () => {
  it('is refused where it is no database, and left as it is', async () => {
    const file = join(await tempDir(), 'notes.txt')
    for (const content of ['notes', 'not a database\n'.repeat(1000)]) {
      await writeFile(file, content)
      await expectRefusal(`sqlite:${file}`, 'BAD_STORE', file, 'move the file away')
      expect(await readFile(file, 'utf8')).toBe(content)
    }
  })

  it('is refused where it is damaged', async () => {
    const file = join(await tempDir(), 'deputy.db')
    await (await openStore(`sqlite:${file}`)).close()
    const bytes = await readFile(file)
    await writeFile(file, bytes.fill(0xa5, 100, 4096)) // the header stays, the catalogue of tables goes
    await expectRefusal(`sqlite:${file}`, 'BAD_STORE', file, 'damaged')
  })

  it('is refused where its tables of that name are of another program', async () => {
    const file = join(await tempDir(), 'other.db')
    const db = new Database(file)
    db.exec('create table checkpoints (id integer, place text)')
    db.close()
    await expectRefusal(`sqlite:${file}`, 'BAD_STORE', file, 'no such column')
  })

  it('is refused where a newer Deputy has migrated it, and left as it is', async () => {
    const file = join(await tempDir(), 'deputy.db')
    await (await openStore(`sqlite:${file}`)).close()
    const db = new Database(file)
    onTestFinished(() => void db.close())
    db.exec('update deputy_schema set version = 1000; drop table deputy_asks')
    await expectRefusal(`sqlite:${file}`, 'BAD_STORE', file, 'schema version 1000', 'newer Deputy')
    expect(db.prepare("select name from sqlite_master where name = 'deputy_asks'").get()).toBeUndefined()
  })

  it('cannot be opened below a regular file', async () => {
    const file = join(await tempDir(), 'notes.txt')
    await writeFile(file, 'notes')
    await expectRefusal(`sqlite:${file}/deputy.db`, 'STORE_UNAVAILABLE', `${file}/deputy.db`, 'check the path')
    await expectRefusal(`sqlite:${file}/a/deputy.db`, 'STORE_UNAVAILABLE', `${file}/a/deputy.db`, 'check the path')
  })

  it('cannot be opened where a directory is', async () => {
    const directory = await tempDir()
    await expectRefusal(`sqlite:${directory}`, 'STORE_UNAVAILABLE', directory, 'check the path')
  })

  it.runIf(existsSync('/proc/self'))('cannot be made where the system makes no files', async () => {
    await expectRefusal('sqlite:/proc/self/deputy.db', 'STORE_UNAVAILABLE', '/proc/self/deputy.db')
    await expectRefusal('sqlite:/proc/deputy/deputy.db', 'STORE_UNAVAILABLE', '/proc/deputy/deputy.db')
  })

  it.skipIf(process.platform === 'win32')('cannot be opened where it may be read but not written', async () => {
    const directory = await tempDir()
    const file = join(directory, 'deputy.db')
    await (await openStore(`sqlite:${file}`)).close()
    await chmod(file, 0o444)
    await chmod(directory, 0o555)
    onTestFinished(() => chmod(directory, 0o755))
    await withoutRoot(() =>
      expectRefusal(`sqlite:${file}`, 'STORE_UNAVAILABLE', file, 'check the path, its permissions')
    )
  })

  it.skipIf(process.platform === 'win32')('cannot be made in a directory that may not be written', async () => {
    const directory = join(await tempDir(), 'closed')
    await mkdir(directory)
    await chmod(join(directory, '..'), 0o755)
    await chmod(directory, 0o555)
    await withoutRoot(async () => {
      await expectRefusal(`sqlite:${directory}/deputy.db`, 'STORE_UNAVAILABLE', directory)
      await expectRefusal(`sqlite:${directory}/sub/deputy.db`, 'STORE_UNAVAILABLE', directory)
    })
  })

  it('cannot be opened while another holds it locked for longer than we wait', async () => {
    const file = join(await tempDir(), 'deputy.db')
    await (await openStore(`sqlite:${file}`)).close()
    const other = new Database(file)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    await expectRefusal(`sqlite:${file}`, 'STORE_UNAVAILABLE', file, 'locked')
  })
})

describe('a Postgres database', () => {
  const SECRET = 's3cr%26t' // percent-encoded, s3cr&t
  const spoken = ['s3cr', '3cr&t', SECRET]

  /** No password anywhere in what a log might print of an error: message, stack, cause, properties. */
  async function expectDiscreet(url: string, code: ErrorCode, ...words: string[]): Promise<void> {
    const error = await refusal(url)
    expect({ code: error.code, message: error.message }).toMatchObject({ code })
    for (const word of words) expect(error.message).toContain(word)
    const shown = inspect(error, { depth: 20, showHidden: true, getters: true }) + error.stack
    for (const secret of spoken) expect(shown).not.toContain(secret)
  }

  async function listening(server: Server): Promise<number> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  it('is unavailable where nobody listens', async () => {
    const server = createServer()
    const port = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const address = `127.0.0.1:${port}/db`
    await expectDiscreet(
      `postgres://me:${SECRET}@${address}`,
      'STORE_UNAVAILABLE',
      `postgres://me:***@${address}`,
      'ECONNREFUSED'
    )
    await expectDiscreet(
      `postgresql://${address}?user=me&password=${SECRET}`,
      'STORE_UNAVAILABLE',
      'password=***',
      'check that'
    )
    await expectDiscreet(`postgres://me:${SECRET}@localhost:${port}/db`, 'STORE_UNAVAILABLE', 'ECONNREFUSED')
  })

  it('is unavailable after five seconds where somebody listens and says nothing', async () => {
    const server = createServer(() => {})
    const port = await listening(server)
    onTestFinished(() => void server.close())
    const start = performance.now()
    await expectDiscreet(`postgres://me:${SECRET}@127.0.0.1:${port}/db`, 'STORE_UNAVAILABLE', 'me:***@', 'timeout')
    expect(performance.now() - start).toBeGreaterThan(4000)
    expect(performance.now() - start).toBeLessThan(8000)
  })

  it('is unavailable with the wrong password, and where it does not exist', async () => {
    const { url, drop } = await freshDatabase()
    onTestFinished(drop)
    const wrong = new URL(url)
    wrong.password = SECRET
    await expectDiscreet(wrong.href, 'STORE_UNAVAILABLE', ':***@', 'password authentication failed')
    const { message } = await refusal(`${url}_gone`)
    expect(message).toContain('does not exist')
    expect(message).not.toContain(new URL(url).password)
  })

  it('is unavailable to a user who may not create tables, who is told so', async () => {
    const { url, drop } = await freshDatabase()
    const user = `reader_${new URL(url).pathname.slice(1)}`
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    await admin.query(`create role ${user} login password 's3cr&t'`)
    onTestFinished(async () => {
      await admin.query(`drop role ${user}`)
      await admin.end()
      await drop()
    })
    const asReader = new URL(url)
    asReader.username = user
    asReader.password = SECRET
    await expectDiscreet(asReader.href, 'STORE_UNAVAILABLE', 'permission denied', 'may create tables')
  })

  it.each([
    ['postgres://me:s3cr#t@127.0.0.1:1/db'],
    ['postgres://me:s3cr/t@127.0.0.1:1/db'],
    ['postgres://me:1/3cr&t@127.0.0.1:1/db'],
    ['postgres://me:s3cr&t@127.0.0.1:no-port/db'],
    ['postgres://me:s3cr&t@:0:1/db']
  ])('is refused where its url is malformed, also with a password that breaks it: %s', async (url) => {
    await expectDiscreet(url, 'BAD_STORE', 'postgres://me:***@', 'percent-encoded')
  })

  it('is refused where a newer Deputy has migrated it, and left as it is', async () => {
    const { url, drop } = await freshDatabase()
    const admin = new pg.Client({ connectionString: url })
    onTestFinished(async () => {
      await admin.end()
      await drop()
    })
    await (await openStore(url)).close()
    await admin.connect()
    await admin.query('update deputy_schema set version = 1000; drop table deputy_asks')
    await expectRefusal(url, 'BAD_STORE', ':***@', 'schema version 1000', 'newer Deputy')
    expect((await admin.query("select to_regclass('deputy_asks') as found")).rows).toEqual([{ found: null }])
  })
})
