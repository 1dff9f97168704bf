import { type Hook, HookLayer, type HookPoint } from '../../state/hooks.ts'

const LAYERS = HookLayer.options

/** The hooks of each point in the order in which they run: global ones, the project's, the session's; in each as they were given. */
export function inOrder(hooks: readonly Hook[]): ReadonlyMap<HookPoint, readonly Hook[]> {
  const sorted = hooks.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer))
  const byPoint = new Map<HookPoint, Hook[]>()
  for (const hook of sorted) byPoint.set(hook.on, [...(byPoint.get(hook.on) ?? []), hook])
  return byPoint
}
