// An agent with a belt of tools, offline: npx tsx examples/tool-belt/belt.ts
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { agentRuntime, allow, defineAgent, openStore, scripted } from '../../index.ts'
import { codingTools, patchingTools } from '../../tools/coding/index.ts'
import { askParent, checkedEdits, commandChecker, loadSkills, skillTool, todo, toolLayers } from '../../tools/index.ts'

const workspace = await mkdtemp(join(tmpdir(), 'belt-'))
await writeFile(join(workspace, 'CHANGES.md'), 'old TODO\r\n')

const skills = await loadSkills([join(process.cwd(), 'examples/tool-belt/skills')])
const checker = commandChecker({ command: "grep -Hn TODO CHANGES.md | sed 's/:TODO/: TODO/'" })
const tools = toolLayers([...checkedEdits([...codingTools, ...patchingTools], { checker }), todo, askParent])
tools.add([skillTool(skills)]) // what comes later is there from the next request on, and can be taken away

const change = '*** Begin Patch\n*** Update File: CHANGES.md\n+TODO: say more\n old TODO\n*** End Patch'
const moves = [
  { name: 'skill', args: { name: 'release' } },
  { name: 'ask_parent', args: { question: 'Which version?' } },
  { name: 'apply_patch', args: { patch: change } }
]
const model = scripted((_messages, { turn }) => (moves[turn] ? { calls: [moves[turn]] } : 'Released.'))
const agent = defineAgent({ name: 'agent', model, tools, remit: [allow('skill'), allow('apply_patch')] })
const store = await openStore('memory:')
const runtime = agentRuntime({ store, agents: [agent] })

const turn = await runtime.startStreamingTurn({ agent: 'agent', input: 'Release it.', workspace })
for await (const event of turn) {
  if (event.type === 'call.started') console.log(`writes a call of ${event.tool}`)
  if (event.type === 'tool.finished') console.log(event.output)
}
const [question] = await runtime.openAsks(turn.threadId)
console.log(question!.path, 'asks', question!.args)
await (await runtime.resolveInput(question!.id, { kind: 'answer', value: '2.0' })).result
for await (const event of runtime.events(turn.threadId))
  if (event.type === 'tool.finished' && event.tool === 'apply_patch') console.log(event.output)
console.log(JSON.stringify(await readFile(join(workspace, 'CHANGES.md'), 'utf8')))
await store.close()
await rm(workspace, { recursive: true })
