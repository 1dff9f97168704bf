import { z } from 'zod'

const Json: z.ZodType<JsonValue> = z.json()
type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue }

/**
 * What a rule asks of one argument. A bare string is a pattern, read by what the tool says its argument is: a path, a URL, a
 * command, a directory; any other argument as text in which `*` stands for any text. docs/remit.md
 */
export const Predicate = z.union([
  z.string(),
  z.strictObject({ path: z.string().min(1) }),
  z.strictObject({ url: z.string().min(1) }),
  z.strictObject({ command: z.string().regex(/\S/) }),
  z.strictObject({ equals: Json }),
  z.strictObject({ oneOf: z.array(Json).min(1) }),
  z.strictObject({ matches: z.string() }),
  z.strictObject({ less: z.number() }),
  z.strictObject({ more: z.number() })
])
export type Predicate = z.infer<typeof Predicate>

/**
 * One rule of a remit. It matches when the tool's name and every named argument do; `tool` and `agent` are patterns in which
 * `*` stands for any text.
 */
export const Rule = z.object({
  tool: z.string().min(1),
  when: z.record(z.string(), Predicate).optional(),
  /** Only for agents whose path is meant: `lead/coder`, `lead/*`. */
  agent: z.string().min(1).exactOptional(),
  /** Only where the tool runs in a sandbox. */
  sandboxed: z.literal(true).exactOptional(),
  /** Of a rule that allows: also what writes or sends after text of a stranger was read. A project's file cannot say it. */
  evenUntrusted: z.literal(true).exactOptional(),
  verdict: z.enum(['allow', 'ask', 'deny']),
  reason: z.string().optional(),
  /** Where somebody wrote it. */
  at: z.object({ file: z.string(), line: z.number().int() }).exactOptional()
})
export type Rule = z.infer<typeof Rule>

/** Ordered rules, the first that matches decides; where none does the answer is `ask`. */
export const Remit = z.array(Rule)
export type Remit = z.infer<typeof Remit>

type When = Record<string, Predicate>

const rule =
  (verdict: Rule['verdict']) =>
  (tool: string, when?: When): Rule =>
    when ? { tool, when, verdict } : { tool, verdict }

/** `allow('read')`, `allow('shell', { command: 'npm test *' })` */
export const allow = rule('allow')
/** `allowInSandbox('shell')`: where the tool runs in no sandbox, somebody above is asked, and told why there is none. */
export const allowInSandbox = (tool: string, when?: When): Rule => ({ ...allow(tool, when), sandboxed: true })
/** `allowEvenUntrusted('write', { path: 'notes/**' })`: also after the agent has read what a stranger wrote. */
export const allowEvenUntrusted = (tool: string, when?: When): Rule => ({ ...allow(tool, when), evenUntrusted: true })
/** `ask('shell')`: somebody above has to say yes. */
export const ask = rule('ask')
/** `deny('shell', { command: 'rm *' })`: nobody can say yes. */
export const deny = rule('deny')
