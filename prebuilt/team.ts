import { allow, ask } from '../state/remit.ts'
import { coder } from './coder.ts'
import { createSupervisor } from './create-supervisor.ts'
import type { AgentInit } from './define-agent.ts'
import { READING_AND_EDITING } from './reading-and-editing.ts'
import { researcher } from './researcher.ts'
import { verifier } from './verifier.ts'

type Model = AgentInit['model']

export interface TeamInit {
  /** The model of all of them, */
  model?: Model
  /** save of those that are named here. */
  models?: { team?: Model; researcher?: Model; coder?: Model; verifier?: Model }
  /** More tools for the coder. No remit here speaks of them, so each call of one is asked about. */
  sources?: AgentInit['sources']
  served?: AgentInit['served']
}

/**
 * A lead with a researcher, a coder and a verifier. The lead lets them read and edit; commands are beyond its own
 * authority, so what asks for one goes up to the person.
 */
export const team = ({ model, models = {}, sources = [], served }: TeamInit = {}) =>
  createSupervisor({
    name: 'team',
    description: 'Leads a researcher, a coder and a verifier through a task on the code of the workspace.',
    model: models.team ?? model,
    prompt: PROMPT,
    agents: [
      researcher({ model: models.researcher ?? model }),
      coder({ model: models.coder ?? model, sources }),
      verifier({ model: models.verifier ?? model })
    ],
    remit: [...READING_AND_EDITING.map((tool) => allow(tool)), ask('shell')],
    served
  })

const PROMPT = `You lead a small team: a researcher who reads, a coder who edits, a verifier who runs checks. You do nothing yourself
but think, delegate and answer.

- Find out first: let the researcher read, and the verifier show the fault, side by side if neither needs the other.
- Those you delegate to see nothing of this conversation. Say what you want, in which files, and what you know already.
- One coder at a time changes the same files. After a change the verifier runs the check again; what was not run does not count.
- What a person did not allow is not to be tried again another way. Go on without it, or end and say what is missing.

End with what was wrong, what was changed, and what shows that it is right now; or with what is left to do.`
