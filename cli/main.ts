#!/usr/bin/env node
import { Command } from 'commander'
import { storeUrl } from '../checkpointers/open.ts'
import { badUsage } from './bad-usage.ts'
import { answerCommand } from './commands/answer.ts'
import { asksCommand } from './commands/asks.ts'
import type { Setting } from './commands/at-store.ts'
import { cancelCommand } from './commands/cancel.ts'
import { diffCommand } from './commands/diff.ts'
import { explainCommand } from './commands/explain.ts'
import { forkCommand } from './commands/fork.ts'
import { grantsCommand } from './commands/grants.ts'
import { historyCommand } from './commands/history.ts'
import { hooksCommand } from './commands/hooks.ts'
import { labelCommand } from './commands/label.ts'
import { mcpCommand } from './commands/mcp.ts'
import { pauseCommand } from './commands/pause.ts'
import { resumeCommand } from './commands/resume.ts'
import { revokeCommand } from './commands/revoke.ts'
import { rewindCommand } from './commands/rewind.ts'
import { runCommand } from './commands/run.ts'
import { showCommand } from './commands/show.ts'
import { steerCommand } from './commands/steer.ts'
import { storeCommand } from './commands/store.ts'
import { threadsCommand } from './commands/threads.ts'
import { undoCommand } from './commands/undo.ts'
import { unknownCommand } from './commands/unknown.ts'
import { wrapUpCommand } from './commands/wrap-up.ts'
import { EXIT, exitCodesHelp } from './exit-codes.ts'
import { leaveWhenUnread, leaveWith } from './leave.ts'
import { refuse } from './refusal.ts'
import { surroundingsOf } from './surroundings.ts'
import { version } from './version.ts'

const surroundings = surroundingsOf(process)
const setting: Setting = { surroundings, usualStore: storeUrl(), exit: leaveWith }
const commands = [
  runCommand,
  threadsCommand,
  showCommand,
  asksCommand,
  explainCommand,
  answerCommand,
  grantsCommand,
  revokeCommand,
  unknownCommand,
  resumeCommand,
  historyCommand,
  diffCommand,
  forkCommand,
  rewindCommand,
  undoCommand,
  labelCommand,
  steerCommand,
  pauseCommand,
  wrapUpCommand,
  cancelCommand,
  hooksCommand,
  mcpCommand,
  storeCommand
]

const program = new Command('deputy')
  .description('Trees of AI agents: give a task, decide what they ask, go back to any checkpoint.')
  .version(version())
  .addHelpText('afterAll', exitCodesHelp())
  .configureOutput({ writeErr() {} })
  .exitOverride()
for (const command of commands) program.addCommand(inheriting(command(setting), program))

leaveWhenUnread(EXIT.interrupted.code)
try {
  await program.parseAsync()
} catch (thrown) {
  const refused = badUsage(thrown)
  const json = process.argv.includes('--json')
  leaveWith(refused === undefined ? EXIT.completed.code : refuse(refused, { surroundings, json }))
}

function inheriting(command: Command, above: Command): Command {
  for (const below of command.copyInheritedSettings(above).commands) inheriting(below, command)
  return command
}
