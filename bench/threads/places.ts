import { join } from 'node:path'
import pg from 'pg'
import { startCluster } from '../../test/support/postgres-cluster.ts'
import { inTempDir } from '../temp-dir.ts'

export const DATABASES = ['sqlite', 'postgres'] as const
export type DatabaseName = (typeof DATABASES)[number]

export function databases(only: DatabaseName | undefined): readonly DatabaseName[] {
  return only ? [only] : DATABASES
}

/** Gives each name a store of its own, not there yet. */
type UrlOf = (name: string) => Promise<string>

/** Lends stores of a database: files, or databases on a server of ours that flushes to disk as servers do. */
export function onDatabase<T>(database: DatabaseName, work: (urlOf: UrlOf) => Promise<T>): Promise<T> {
  return database === 'sqlite' ? onFiles(work) : onServer(work)
}

function onFiles<T>(work: (urlOf: UrlOf) => Promise<T>): Promise<T> {
  return inTempDir((dir) => work(async (name) => `sqlite:${join(dir, `${slug(name)}.db`)}`))
}

async function onServer<T>(work: (urlOf: UrlOf) => Promise<T>): Promise<T> {
  const { url: adminUrl, stop } = await startCluster([])
  try {
    return await work(async (name) => {
      const admin = new pg.Client(adminUrl)
      await admin.connect()
      await admin.query(`create database ${slug(name)}`)
      await admin.end()
      const url = new URL(adminUrl)
      url.pathname = slug(name)
      return url.href
    })
  } finally {
    await stop()
  }
}

const slug = (name: string) => name.toLowerCase().replaceAll(' ', '_')
