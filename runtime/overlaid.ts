import type { BaseCheckpointSaver } from '@langchain/langgraph'

/** A saver with some of its methods done otherwise. What the saver calls of itself stays as it is. */
export function overlaid(saver: BaseCheckpointSaver, instead: Partial<BaseCheckpointSaver>): BaseCheckpointSaver {
  return new Proxy(saver, {
    get(target, key) {
      if (Object.hasOwn(instead, key)) return Reflect.get(instead, key)
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}
