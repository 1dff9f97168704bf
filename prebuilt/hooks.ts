/** The hooks that a person and a workspace declare in files. docs/hooks.md */
export { type DeclaredHooks, declaredHooks, loadHooks, type ProjectHooks } from '../tools/hooks/declared-hooks.ts'
export type { HookDeclaration } from '../tools/hooks/hook-file.ts'
