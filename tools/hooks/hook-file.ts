// F1. A file is read whole or not at all: one field that is wrong or not known, and no hook of it runs, and neither does any turn.
// F2. What opens the sandbox or hands out secrets is for a person to give, in a file of their own: a project cannot ask for it.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../../state/errors.ts'
import { type HookLayer, HookPoint, OnHookFailure } from '../../state/hooks.ts'
import { lineOf, lineOfFault } from './json-line.ts'

const Words = z.array(z.string().min(1))

const Common = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, 'a name is letters, digits, ., - and _, 64 at most'),
  on: HookPoint,
  tool: z.string().min(1).exactOptional(),
  command: z.tuple([z.string().min(1)], z.string()),
  timeoutMs: z.number().int().positive().exactOptional(),
  failure: OnHookFailure.exactOptional()
})

const Own = Common.extend({
  /** Names of variables that it gets, secrets as well. */
  env: Words.exactOptional(),
  sandbox: z.enum(['auto', 'require', 'off']).exactOptional(),
  hosts: Words.exactOptional(),
  readable: Words.exactOptional()
})
export type HookDeclaration = z.infer<typeof Own>

const fileOf = <Declaration extends z.ZodType<HookDeclaration>>(declaration: Declaration) =>
  z.strictObject({ hooks: z.array(declaration) }).superRefine(({ hooks }, context) => {
    const names = new Set<string>()
    for (const [nth, { name }] of hooks.entries()) {
      if (names.has(name))
        context.addIssue({ code: 'custom', message: `two hooks have the name ${name}`, path: ['hooks', nth, 'name'] })
      names.add(name)
    }
  })
const FILES = { global: fileOf(Own), project: fileOf(Common) } as const

/**
 * The hooks that a file declares; none where there is no file.
 * @throws RuntimeError BAD_HOOKS with file and line
 */
export async function readHookFile(
  path: string,
  layer: Exclude<HookLayer, 'session'>
): Promise<readonly HookDeclaration[]> {
  const text = await textOf(path)
  return text === undefined ? [] : hooksIn(text, { path, layer })
}

function hooksIn(
  text: string,
  { path, layer }: { path: string; layer: Exclude<HookLayer, 'session'> }
): readonly HookDeclaration[] {
  const parsed = FILES[layer].safeParse(asJson(text, path))
  if (parsed.success) return parsed.data.hooks
  const [issue] = parsed.error.issues as [z.core.$ZodIssue]
  const place = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path
  throw new RuntimeError('BAD_HOOKS', `${path}:${lineOf(text, place)}: ${z.core.toDotPath(place)}: ${issue.message}`)
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new RuntimeError('BAD_HOOKS', `${path} cannot be read: ${messageOf(error)}`)
  }
}

function asJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const said = messageOf(error)
    throw new RuntimeError('BAD_HOOKS', `${path}:${lineOfFault(text, said)}: ${said}`)
  }
}
