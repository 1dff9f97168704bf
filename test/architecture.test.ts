import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { assert, describe, it } from 'vitest'

/** Who may import whom. A folder may always import itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  state: [],
  models: ['state'],
  tools: ['state'],
  checkpointers: ['state'],
  nodes: ['state', 'models', 'tools'],
  graphs: ['state', 'nodes'],
  runtime: ['state', 'checkpointers'],
  prebuilt: ['state', 'models', 'tools', 'checkpointers', 'nodes', 'graphs', 'runtime'],
  cli: ['state', 'tools', 'checkpointers', 'runtime', 'prebuilt']
}

const NO_DRAWERS = /^(utils?|common|shared|core|manager|services?|lib|types|helpers?)(\.ts)?$/
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(RELATIVE_IMPORT)].map(([, specifier]) =>
    normalize(join(dirname(file), specifier!))
  )

const folders = Object.keys(MAY_IMPORT).filter((folder) => existsSync(folder))

describe('the house', () => {
  for (const folder of folders) {
    const allowed = MAY_IMPORT[folder]!
    it(`${folder}/ imports only ${allowed.join(', ') || 'itself'}`, () => {
      for (const file of filesIn(folder))
        for (const target of importsOf(file)) {
          const [top] = target.split(sep)
          assert.ok(top === folder || allowed.includes(top!), `${file} reaches up to ${target}`)
        }
    })
  }

  it('imports in no circle', () => {
    const done = new Set<string>()
    const visit = (file: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(file), `a circle: ${[...trail.slice(trail.indexOf(file)), file].join(' → ')}`)
      if (done.has(file)) return
      for (const target of importsOf(file)) visit(target, [...trail, file])
      done.add(file)
    }
    for (const file of folders.flatMap(filesIn)) visit(file, [])
  })

  it('inside imports files, not the lists for guests', () => {
    for (const file of folders.flatMap(filesIn)) {
      if (file.endsWith('/index.ts')) continue
      for (const target of importsOf(file))
        assert.ok(!target.endsWith('index.ts') || dirname(target) === 'tools/coding', `${file} imports ${target}`)
    }
  })

  it('has no drawers', () => {
    for (const folder of folders)
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
        assert.ok(!NO_DRAWERS.test(name.split(sep).at(-1)!), `${folder}/${name} permits anything`)
  })
})
