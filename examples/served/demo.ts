// What the served graphs say where no model is named: enough to see a tree work and ask, without a network.
import { isToolMessage } from '@langchain/core/messages'
import { scripted } from '../../models/scripted.ts'

/** Lists the workspace, then asks to run the command that the message has between backticks. */
export const alone = scripted((messages) => {
  const last = messages.at(-1)!
  const command = commandIn(messages.findLast((message) => message.getType() === 'human')?.text ?? '')
  if (!isToolMessage(last)) return { calls: [{ name: 'list', args: {} }] }
  if (last.name === 'list') return { text: 'I see the files.', calls: [{ name: 'shell', args: { command } }] }
  return `It said:\n${last.text}`
})

/** Sends the researcher to look and the verifier to run, side by side, and puts together what they report. */
export const lead = scripted((messages) => {
  const last = messages.at(-1)!
  if (isToolMessage(last)) {
    const reports = messages.slice(messages.findLastIndex((message) => !isToolMessage(message)) + 1)
    return reports.map(({ text }) => text).join('\n\n')
  }
  return {
    text: 'One looks, one runs.',
    calls: [
      { name: 'delegate', args: { agent: 'researcher', task: 'Say what is in the workspace.' } },
      { name: 'delegate', args: { agent: 'verifier', task: `Run \`${commandIn(last.text)}\`.` } }
    ]
  }
})

export const researcher = scripted((messages) => {
  const last = messages.at(-1)!
  return isToolMessage(last) ? `In the workspace:\n${last.text}` : { calls: [{ name: 'list', args: {} }] }
})

export const verifier = scripted((messages) => {
  const last = messages.at(-1)!
  if (isToolMessage(last)) return `${last.status === 'error' ? 'NOT RUN' : 'It said'}: ${last.text}`
  return { calls: [{ name: 'shell', args: { command: commandIn(last.text) } }] }
})

function commandIn(text: string): string {
  return /`([^`]+)`/.exec(text)?.[1] ?? 'node --version'
}
