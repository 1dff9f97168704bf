// The graphs that langgraph.json names, for `npx langgraphjs dev`. DEPUTY_MODEL=provider:model gives them a real model,
// DEPUTY_WORKSPACE the directory in which their tools work.
import { codingAgent } from '../../prebuilt/coding-agent.ts'
import { team as teamOf } from '../../prebuilt/team.ts'
import * as demo from './demo.ts'

const model = process.env.DEPUTY_MODEL

export const agent = codingAgent({ model: model || demo.alone }).graph

export const team = teamOf(
  model
    ? { model }
    : { models: { team: demo.lead, researcher: demo.researcher, coder: demo.alone, verifier: demo.verifier } }
).graph
