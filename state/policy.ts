import { z } from 'zod'
import { type Remit, Rule } from './remit.ts'

/** Who wrote a layer of a policy, the weakest first. Grants stand above them all. */
export const LAYERS = ['default', 'global', 'project', 'session'] as const
export type LayerName = (typeof LAYERS)[number]

export interface Layer {
  readonly name: LayerName
  readonly remit: Remit
}

/**
 * What the person at the root has said in advance. In a layer the first rule that matches decides, of several layers the
 * strongest; a deny of any of them stands.
 */
export type Policy = readonly Layer[]

/**
 * What is said of one tree alone, kept with its root: whoever goes on with the tree has it. A key that is not known may be one
 * that narrows, so what has one is refused.
 */
export const TreePolicy = z.strictObject({
  /** The name of a profile: it is read here, and understood where it is used. */
  profile: z.string().min(1).nullable(),
  rules: z.array(Rule.strict())
})
export type TreePolicy = z.infer<typeof TreePolicy>

/**
 * What an argument of a tool is, where that is more than text. A `tree` is a path with all below it that is looked at, a
 * `directory` one in which the tool's commands begin, a `patch` the text of one, which writes the files that it names.
 */
export type ArgumentKind = 'path' | 'tree' | 'directory' | 'url' | 'command' | 'patch'
export type ArgumentKinds = Readonly<Record<string, ArgumentKind>>
