// Preloaded with --import in place of libfaketime: every wall clock of the process is off by FAKE_CLOCK milliseconds.
const offset = Number(process.env.FAKE_CLOCK)
const RealDate = Date
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset)
    else super(...parts)
  }
  static now() {
    return RealDate.now() + offset
  }
}
const origin = performance.timeOrigin + offset
Object.defineProperty(performance, 'timeOrigin', { value: origin })
