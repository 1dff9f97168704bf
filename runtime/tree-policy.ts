// What is said in advance of one tree, and how it goes with what is said of all.
//
// O1. It is kept with the root of the tree, and read again for each run and each decision: whoever goes on with the tree, in
//     whatever process, has it.
// O2. It stands right above the layer of its name of the runtime's own policy: what is said of one tree goes before what is
//     said of all. A deny of either stands.
// O3. What cannot be understood is refused. It is never taken for no rules.
import { z } from 'zod'
import { RuntimeError } from '../state/errors.ts'
import { type Layer, type LayerName, type Policy, TreePolicy } from '../state/policy.ts'
import { PROFILES, type Profile, profileNamed, profileRemit } from '../state/profiles.ts'
import type { Rule } from '../state/remit.ts'

/** What somebody says of a tree; of what is left out, what was said before stays. */
export interface SaidOfTree {
  /** `null` takes away the one that was kept. */
  readonly profile?: Profile | null
  readonly rules?: readonly Rule[]
}

/** Where it is kept of a tree; null where nothing is. */
export type KeptPolicy = (rootThreadId: string) => Promise<TreePolicy | null>

/** @throws RuntimeError BAD_ARGUMENTS, BAD_POLICY */
export function saidAnew(said: SaidOfTree | undefined, before: TreePolicy | null): TreePolicy | null {
  if (said?.profile === undefined && said?.rules === undefined) return before
  const { profile = before?.profile ?? null, rules = before?.rules ?? [] } = said
  if (said.profile) profileNamed(said.profile)
  const policy = TreePolicy.safeParse({ profile, rules })
  if (!policy.success)
    throw new RuntimeError('BAD_POLICY', `the rules for the tree are not valid: ${z.prettifyError(policy.error)}`)
  return profile === null && rules.length === 0 ? null : policy.data
}

/**
 * What the person at the root has said in advance, with what is kept of the tree.
 * @throws RuntimeError BAD_POLICY where that has a profile that is not known here
 */
export function policyOver(said: Policy | undefined, kept: TreePolicy | null): Policy | undefined {
  if (!kept) return said
  const { profile, rules } = kept
  const layers = [...(said ?? [])]
  if (profile !== null) add({ name: 'default', remit: profileRemit(knownProfile(profile)) })
  if (rules.length > 0) add({ name: 'session', remit: rules })
  return layers

  function add(layer: Layer): void {
    const above = layers.findIndex(({ name }) => RANK[name] > RANK[layer.name])
    layers.splice(above === -1 ? layers.length : above, 0, layer)
  }
}

const RANK: Readonly<Record<LayerName, number>> = { default: 0, global: 1, project: 2, session: 3 }

/** What is kept of a tree that somebody goes on with. @throws RuntimeError BAD_POLICY where it is not understood here */
export async function knownPolicy(rootThreadId: string, keptPolicy: KeptPolicy): Promise<TreePolicy | null> {
  const kept = await keptPolicy(rootThreadId)
  policyOver(undefined, kept)
  return kept
}

function knownProfile(name: string): Profile {
  const found = PROFILES.find((profile) => profile === name)
  if (found) return found
  throw new RuntimeError(
    'BAD_POLICY',
    `the tree is kept with the profile "${name}", which is none here; there are ${PROFILES.join(', ')}: say another one`
  )
}
