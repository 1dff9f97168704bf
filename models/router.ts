import { readFile } from 'node:fs/promises'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { ChatModelProvider } from 'langchain/chat_models/universal'
import { z } from 'zod'
import { messageOf, RuntimeError } from '../state/errors.ts'
import { hasKey, isProvider, PROVIDER_KEYS, withoutKeys } from './provider-keys.ts'
import { replay } from './replay.ts'
import { Reply, scripted } from './scripted.ts'

/** Models that need no provider; what follows the colon is a path. */
const OFFLINE: Readonly<Record<string, (path: string) => BaseChatModel | Promise<BaseChatModel>>> = {
  /** A JSON file with a list of replies. */
  scripted: async (path) => scripted(z.array(Reply).parse(JSON.parse(await readFile(path, 'utf8')))),
  /** A recording. */
  replay
}

/**
 * The model behind `provider:model`. A provider's package is loaded only here.
 * @throws RuntimeError MODEL_MISSING saying which package or which key is missing, or which providers there are
 */
export async function connect(model: string): Promise<BaseChatModel> {
  const colon = model.indexOf(':')
  const provider = model.slice(0, Math.max(colon, 0))
  const name = model.slice(colon + 1)
  const offline = Object.hasOwn(OFFLINE, provider) ? OFFLINE[provider] : undefined
  if (offline) return offline(name)
  if (!isProvider(provider) || !name) throw new RuntimeError('MODEL_MISSING', unknownMessage(model))
  return connectTo(provider, name)
}

async function connectTo(provider: ChatModelProvider, name: string): Promise<BaseChatModel> {
  const { initChatModel, MODEL_PROVIDER_CONFIG } = await import('langchain/chat_models/universal')
  const missing = { model: `${provider}:${name}`, provider, package: MODEL_PROVIDER_CONFIG[provider].package }
  // Retries are the runtime's: they are counted, and none comes after output that was seen.
  const routed = await initChatModel(name, { modelProvider: provider, maxRetries: 0 }).catch((error) => {
    throw refusal(error, missing)
  })
  if (!hasKey(provider)) throw keyMissing(missing)
  // The model itself: the router around it would serialise the whole config on every call, and keep a model for each.
  return routed._getModelInstance()
}

interface Missing {
  readonly model: string
  readonly provider: ChatModelProvider
  readonly package: string
}

/** Why a model could not be made, in the order in which a person would see to it: package, key, the rest. */
function refusal(error: unknown, missing: Missing): RuntimeError {
  const notFound = /^Unable to import (\S+)\. Please install/.exec(messageOf(error))?.[1]
  if (notFound) return packageMissing({ ...missing, package: notFound })
  if (!hasKey(missing.provider)) return keyMissing(missing)
  const reason = withoutKeys(messageOf(error), missing.provider)
  return new RuntimeError('MODEL_MISSING', `${missing.model} cannot be set up: ${reason}`)
}

function packageMissing({ model, provider, package: name }: Missing): RuntimeError {
  const keys = PROVIDER_KEYS[provider]
  const key = keys.length ? ` Its key is read from ${keys.join(' or ')}.` : ''
  return new RuntimeError('MODEL_MISSING', `${model} needs the package ${name}: run \`npm install ${name}\`.${key}`)
}

function keyMissing({ model, provider, package: name }: Missing): RuntimeError {
  const keys = PROVIDER_KEYS[provider].join(' or ')
  return new RuntimeError('MODEL_MISSING', `${model} needs a key: set ${keys}, which the package ${name} reads`)
}

function unknownMessage(model: string): string {
  const known = [...Object.keys(PROVIDER_KEYS), ...Object.keys(OFFLINE)].join(', ')
  return `"${model}" names no model: write provider:model, e.g. openai:gpt-5-mini; providers are ${known}`
}
