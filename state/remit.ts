import { z } from 'zod'

/**
 * One rule of a remit. `tool` and the values of `when` are patterns in which `*` stands for any text; a rule matches
 * when the tool's name and every named argument do.
 */
export const Rule = z.object({
  tool: z.string().min(1),
  when: z.record(z.string(), z.string()).optional(),
  verdict: z.enum(['allow', 'ask', 'deny']),
  /** Allows only what runs in a sandbox; where there is none it asks. */
  inSandbox: z.boolean().exactOptional(),
  reason: z.string().optional()
})
export type Rule = z.infer<typeof Rule>

/** Ordered rules, the first that matches decides; where none does the answer is `ask`. */
export const Remit = z.array(Rule)
export type Remit = z.infer<typeof Remit>

type When = Record<string, string>

const rule =
  (verdict: Rule['verdict']) =>
  (tool: string, when?: When): Rule =>
    when ? { tool, when, verdict } : { tool, verdict }

/** `allow('read')`, `allow('shell', { command: 'npm test*' })` */
export const allow = rule('allow')
/** `allowInSandbox('shell')`: where the tool runs in no sandbox, somebody above is asked, and told why there is none. */
export const allowInSandbox = (tool: string, when?: When): Rule => ({ ...allow(tool, when), inSandbox: true })
/** `ask('shell')`: somebody above has to say yes. */
export const ask = rule('ask')
/** `deny('shell', { command: 'rm *' })`: nobody can say yes. */
export const deny = rule('deny')
