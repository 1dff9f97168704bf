// The head of a SKILL.md: lines of `key: value` between two lines of `---`. Of YAML it takes what such heads are written in:
// plain and quoted values, and texts over several lines behind `|` or `>`. Keys that it does not know are left alone.

export interface FrontMatter {
  readonly values: Readonly<Record<string, string>>
  /** What comes behind the head. */
  readonly body: string
}

export type Read = { ok: true; read: FrontMatter } | { ok: false; line: number; reason: string }

const KEY = /^([A-Za-z][\w-]*):(?:\s+(.*))?$/

export function frontMatterOf(text: string): Read {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  if (lines[0]?.trimEnd() !== '---') return { ok: false, line: 1, reason: 'the file does not begin with ---' }
  const end = lines.findIndex((line, at) => at > 0 && line.trimEnd() === '---')
  if (end < 0) return { ok: false, line: lines.length, reason: 'the head has no end: no second line of ---' }
  const values: Record<string, string> = Object.create(null)
  for (let at = 1; at < end; at++) {
    const line = lines[at]!
    if (line.trim() === '' || /^\s*#/.test(line) || /^\s/.test(line)) continue
    const [, key, value = ''] = KEY.exec(line) ?? []
    if (key === undefined) return { ok: false, line: at + 1, reason: 'the line is no "key: value"' }
    if (key in values) return { ok: false, line: at + 1, reason: `"${key}" comes twice` }
    values[key] = /^[|>][+-]?\s*$/.test(value)
      ? textBelow(lines.slice(at + 1, end), value.startsWith('>') ? ' ' : '\n')
      : unquoted(value)
  }
  return {
    ok: true,
    read: {
      values,
      body: lines
        .slice(end + 1)
        .join('\n')
        .trim()
    }
  }
}

/** The lines that are set in, up to the first that is not. */
function textBelow(lines: readonly string[], joint: string): string {
  const end = lines.findIndex((line) => line.trim() !== '' && !/^\s/.test(line))
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.trim())
    .join(joint)
    .trim()
}

function unquoted(value: string): string {
  const text = value.trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"$|^'((?:[^']|'')*)'$/.exec(text)
  if (!quoted) return text.replace(/\s+#.*$/, '')
  return quoted[1]?.replace(/\\(.)/g, '$1') ?? quoted[2]!.replaceAll("''", "'")
}
