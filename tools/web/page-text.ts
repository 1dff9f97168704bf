// The text of a page, for a reader who sees no layout. No page is run, and none is understood: what looks like a tag goes.
// One pass, whatever the page is: what is not closed ends the page instead of being looked for again from every place.

const UNSEEN: ReadonlySet<string> = new Set(['script', 'style', 'noscript', 'template', 'svg'])
const BLOCKS: ReadonlySet<string> = new Set(
  'title p div section article header footer main nav li ul ol dl dt dd tr table h1 h2 h3 h4 h5 h6 blockquote pre br hr'.split(
    ' '
  )
)
const NAME = /^\/?([a-z][a-z0-9]*)/i
const LONGEST_NAME = 16

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

/** Of a page of HTML: its title and its words, a line for each block. */
export function pageText(html: string): string {
  return decoded(withoutTags(html))
    .split('\n')
    .map((line) => line.replace(/[^\S\n]+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n')
}

function withoutTags(html: string): string {
  const parts: string[] = []
  let at = 0
  while (at < html.length) {
    const start = html.indexOf('<', at)
    parts.push(html.slice(at, start < 0 ? html.length : start))
    if (start < 0) break
    const tag = tagAt(html, start)
    parts.push(tag.text)
    at = tag.end
  }
  return parts.join('')
}

/** Where what begins here ends, and what is to be read of it. */
function tagAt(html: string, start: number): { text: string; end: number } {
  if (html.startsWith('<!--', start)) return { text: ' ', end: endOf(html, '-->', start + 4) }
  const name = NAME.exec(html.slice(start + 1, start + 1 + LONGEST_NAME))?.[1]?.toLowerCase()
  if (name === undefined && html[start + 1] !== '!') return { text: '<', end: start + 1 }
  const end = endOf(html, '>', start)
  if (name === undefined) return { text: '', end }
  if (UNSEEN.has(name) && html[start + 1] !== '/') return { text: ' ', end: endOfUnseen(html, name, end) }
  return { text: BLOCKS.has(name) ? '\n' : '', end }
}

function endOf(html: string, what: string, from: number): number {
  const found = html.indexOf(what, from)
  return found < 0 ? html.length : found + what.length
}

function endOfUnseen(html: string, name: string, from: number): number {
  const closing = new RegExp(`</${name}[\\s/>]`, 'gi')
  closing.lastIndex = from
  const found = closing.exec(html)
  return found ? endOf(html, '>', found.index) : html.length
}

function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{1,8}));/gi, (whole, hex, number, name) => {
    if (name) return ENTITIES[String(name).toLowerCase()] ?? whole
    const code = hex ? Number.parseInt(hex, 16) : Number(number)
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole
  })
}
