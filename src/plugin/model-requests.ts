import type { ModelPin } from '../bento/types.js'
import type { ResolvedOptions } from '../config/resolve-options.js'
import { BentoError, isBentoError } from '../core/errors.js'
import { parseModelRequest } from '../core/request.js'
import { compareText } from '../core/tag.js'
import type { Model, ModelStore } from '../store/index.js'

/**
 * Answers what imports and options ask the model store for. Within one build the same request always means the same
 * model, whatever is saved meanwhile.
 */
export class ModelRequests {
  readonly #wanted: () => ResolvedOptions['models']
  readonly #home: () => string | undefined
  readonly #answers = new Map<string, Promise<Model>>()

  /**
   * Both are asked when they are needed.
   *
   * @param wanted the option `models`
   * @param home the store's home; undefined means the default one.
   */
  constructor(wanted: () => ResolvedOptions['models'], home: () => string | undefined) {
    this.#wanted = wanted
    this.#home = home
  }

  /** Forgets what requests meant: a new build begins. */
  forget(): void {
    this.#answers.clear()
  }

  /**
   * The model that an import or option asks for.
   *
   * @throws `REQUEST_INVALID`, `TAG_NOT_FOUND`, `TAG_AMBIGUOUS`, errors of the store
   */
  async resolve(text: string): Promise<Model> {
    const request = this.#normal(text)
    let answer = this.#answers.get(request)
    if (answer === undefined) {
      answer = this.#ask(request)
      this.#answers.set(request, answer)
    }
    return answer
  }

  /** Asks the store anew and remembers the answer, be it an error. */
  async resolveAgain(text: string): Promise<Model> {
    this.#answers.delete(this.#normal(text))
    return this.resolve(text)
  }

  /** The name of the model that a request is about, an alias followed. @throws `REQUEST_INVALID` */
  nameOf(text: string): string {
    return parseModelRequest(this.#normal(text)).name
  }

  /** The folder of the store's models. */
  async root(): Promise<string> {
    return (await this.#store()).root
  }

  /**
   * The pins of a build: what its modules import, and what the option `models` adds. Sorted, so that a bento does not
   * depend on the order in which modules were loaded.
   *
   * @throws as {@link resolve} does, naming the option; `MODEL_GONE` when a model was deleted since it was resolved
   */
  async pins(imported: Iterable<string>): Promise<ModelPin[]> {
    const store = await this.#store()
    const pins: ModelPin[] = []
    const pinOf = async (model: Model, alias: string | undefined): Promise<ModelPin> => {
      let pin = pins.find(pin => pin.alias === alias && pin.tag.equals(model.tag))
      if (pin === undefined) {
        pin = { requests: [], alias, tag: model.tag, ...(await digestOf(store, model)), info: model.info }
        pins.push(pin)
      }
      return pin
    }
    for (const { request, alias } of this.#wanted()) {
      const pin = await pinOf(await this.#optionModel(request), alias)
      pin.requests.push(request)
    }
    for (const text of imported) {
      const model = await this.resolve(text)
      const alias = this.#requestOf(text) === undefined ? pins.find(pin => pin.tag.equals(model.tag))?.alias : text
      const pin = await pinOf(model, alias)
      pin.requests.push(parseModelRequest(text).text)
    }
    for (const pin of pins) pin.requests = [...new Set(pin.requests)].sort(compareText)
    return pins.sort((a, b) => compareText(sortKey(a), sortKey(b)))
  }

  /** What an alias stands for. */
  #requestOf(alias: string): string | undefined {
    return this.#wanted().find(model => model.alias === alias)?.request
  }

  async #optionModel(request: string): Promise<Model> {
    try {
      return await this.resolve(request)
    } catch (error) {
      throw isBentoError(error) ? inContext(error, 'The option models asks for a model that cannot be used') : error
    }
  }

  /** One text for all ways to say the same, so that `name` and `name:latest` cannot differ in one build. */
  #normal(text: string): string {
    const request = parseModelRequest(text)
    const aliased = request.bare ? this.#requestOf(request.name) : undefined
    if (aliased !== undefined) {
      // An alias may be called like the model it stands for; that must not go in circles.
      const target = parseModelRequest(aliased)
      return target.bare ? `${target.name}:latest` : target.text
    }
    return request.version === undefined && request.labels === undefined ? `${request.name}:latest` : request.text
  }

  async #ask(request: string): Promise<Model> {
    const { resolveModel } = await import('../store/resolve.js')
    return resolveModel(await this.#store(), request)
  }

  async #store(): Promise<ModelStore> {
    const { ModelStore } = await import('../store/index.js')
    return new ModelStore(this.#home())
  }
}

async function digestOf(store: ModelStore, model: Model): Promise<{ digest: string; size: number }> {
  try {
    return await store.digest(model)
  } catch (error) {
    const found = await store.get(model.tag).catch(() => undefined)
    if (found !== undefined) throw error
    throw new BentoError('MODEL_GONE', `The model ${model.tag} was deleted while the build that uses it was running.`, {
      hint: 'Save or import it again, then build again.',
      cause: error,
    })
  }
}

function sortKey(pin: ModelPin): string {
  return `${pin.tag} ${pin.alias ?? ''}`
}

/** The same error with what asked put before its reason. */
export function inContext(error: BentoError, asker: string): BentoError {
  return new BentoError(error.code, `${asker}: ${error.reason}`, {
    cause: error,
    details: error.details,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  })
}
