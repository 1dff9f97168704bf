import { join } from 'node:path'
import Database from 'better-sqlite3'
import { assert, beforeEach, describe, it, onTestFinished } from 'vitest'
import { type GroupCommit, groupCommit } from '../../checkpointers/sqlite/group-commit.ts'
import { makeTempDir } from '../support/temp-dir.ts'

describe('what SQLite is given in one turn of the event loop', () => {
  let db: Database.Database
  let group: GroupCommit
  let begun: number
  const add = (name: string) => () => db.prepare('insert into kept (name) values (?)').run(name).changes
  const names = () => db.prepare('select name from kept order by rowid').pluck().all()

  beforeEach(async () => {
    const directory = await makeTempDir()
    db = new Database(join(directory.path, 'kept.db'), {
      verbose: (sql) => void (/^begin/i.test(String(sql)) && begun++)
    })
    onTestFinished(async () => {
      db.close()
      await directory.remove()
    })
    db.exec('create table kept (name text primary key)')
    group = groupCommit(db)
    begun = 0
  })

  it('is one transaction, in the order in which it came', async () => {
    const written = [group.write(add('a')), group.write(add('b')), group.write(add('c'))]
    assert.deepEqual(names(), [], 'not before the end of the turn')
    assert.deepEqual(await Promise.all(written), [1, 1, 1])
    assert.deepEqual(names(), ['a', 'b', 'c'])
    assert.equal(begun, 1)
    await group.write(add('d'))
    assert.equal(begun, 2)
  })

  it('is written without what fails, of which nothing stays', async () => {
    const half = () => {
      add('half')()
      throw new Error('no more')
    }
    const written = await Promise.allSettled([group.write(add('a')), group.write(half), group.write(add('b'))])
    assert.deepEqual(
      written.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled']
    )
    assert.deepEqual(names(), ['a', 'b'])
  })

  it('is written at once where somebody closes', async () => {
    const written = group.write(add('a'))
    group.flush()
    assert.deepEqual(names(), ['a'])
    assert.equal(await written, 1)
  })
})
