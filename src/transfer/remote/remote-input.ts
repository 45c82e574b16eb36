import { StreamInput } from '../../archive/stream-input.js'
import { type Download, type DownloadOptions, download } from './http.js'

/** An archive on another machine, as it comes in. */
export class RemoteInput extends StreamInput {
  readonly announced: number | undefined
  readonly notes: readonly string[]
  readonly #download: Download

  private constructor(from: Download) {
    super(from.chunks, from.name)
    this.announced = from.size
    this.notes = from.notes
    this.#download = from
  }

  /** @throws `REMOTE_FAILED` */
  static async open(url: URL, options: DownloadOptions): Promise<RemoteInput> {
    return new RemoteInput(await download(url, options))
  }

  override async close(): Promise<void> {
    await super.close()
    this.#download.close()
  }
}
