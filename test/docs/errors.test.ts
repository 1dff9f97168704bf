import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assert, describe, it } from 'vitest'
import { ERROR_CODES } from '../../state/errors.ts'

const PAGES = 'docs/errors'
const LINK = /\]\(\s*<?([^)\s>]+)/g
/** With a scheme, or within the page. */
const ELSEWHERE = /^([a-z][a-z0-9+.-]*:|#)/i
const CODE_BLOCK = /^(```|~~~).*?^\1/gms

const codesWithPage = readdirSync(PAGES)
  .filter((name) => name.endsWith('.md') && name !== 'README.md')
  .map((name) => name.slice(0, -'.md'.length))

const documents = [
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  ...['README.md'].filter((name) => existsSync(name))
]

const linksIn = (document: string): string[] =>
  [...readFileSync(document, 'utf8').replace(CODE_BLOCK, '').matchAll(LINK)]
    .map(([, target]) => target!)
    .filter((target) => !ELSEWHERE.test(target))

describe('the pages of the error codes', () => {
  it('are there for every code', () => {
    for (const code of ERROR_CODES) assert.include(codesWithPage, code, `${code} has no page in ${PAGES}`)
  })

  it('are about a code each, and begin with it', () => {
    for (const code of codesWithPage) {
      assert.include<string>(ERROR_CODES, code, `${PAGES}/${code}.md is about no code`)
      assert.match(readFileSync(`${PAGES}/${code}.md`, 'utf8'), new RegExp(`^# ${code}\n`))
    }
  })

  it('are listed in the table, each once, in order', () => {
    const rows = readFileSync(`${PAGES}/README.md`, 'utf8').matchAll(/^\| `([A-Z_]+)` \|.*\]\(\1\.md\) \|$/gm)
    assert.deepEqual(
      [...rows].map(([, code]) => code),
      ERROR_CODES.toSorted()
    )
  })
})

describe('the documents', () => {
  it('link only to files that exist', () => {
    for (const document of documents)
      for (const link of linksIn(document)) {
        const file = join(dirname(document), decodeURI(link.split('#')[0]!))
        assert.ok(existsSync(file), `${document} links to ${link}, and there is no ${file}`)
      }
  })
})
