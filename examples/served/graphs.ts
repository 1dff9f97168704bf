// The graphs that langgraph.json names, for `npx langgraphjs dev`. DEPUTY_MODEL=provider:model gives them a real model,
// DEPUTY_WORKSPACE the directory in which their tools work. What your policy files say holds here as it does for `deputy run`.
import { codingAgent } from '../../prebuilt/coding-agent.ts'
import { policyFrom } from '../../prebuilt/policy.ts'
import { team as teamOf } from '../../prebuilt/team.ts'
import * as demo from './demo.ts'

const model = process.env.DEPUTY_MODEL
const served = { policy: await policyFrom({ workspace: process.env.DEPUTY_WORKSPACE }) }

export const agent = codingAgent({ model: model || demo.alone, served }).graph

export const team = teamOf(
  model
    ? { model, served }
    : { models: { team: demo.lead, researcher: demo.researcher, coder: demo.alone, verifier: demo.verifier }, served }
).graph
