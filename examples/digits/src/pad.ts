import type { Point, Stroke } from './grid.js'

/** Width of the pen as a share of the pad's. */
const PEN = 0.06

/** Lets a digit be drawn on a canvas, and remembers it as strokes: what a model sees of it needs no pixels. */
export class Pad {
  readonly #canvas: HTMLCanvasElement
  readonly #strokes: Point[][] = []
  /** The stroke that each pen, finger or mouse is drawing. */
  readonly #drawing = new Map<number, Point[]>()

  /** @param changed called whenever the pen leaves the pad, and when it was cleared */
  constructor(canvas: HTMLCanvasElement, changed: (strokes: readonly Stroke[]) => void) {
    this.#canvas = canvas
    canvas.addEventListener('pointerdown', event => {
      if (event.button !== 0) return
      canvas.setPointerCapture(event.pointerId)
      const stroke = [this.#place(event)]
      this.#strokes.push(stroke)
      this.#drawing.set(event.pointerId, stroke)
      this.#draw()
    })
    canvas.addEventListener('pointermove', event => {
      const stroke = this.#drawing.get(event.pointerId)
      if (stroke === undefined) return
      // A fast pen moves more often than frames are drawn.
      const moves = event.getCoalescedEvents()
      stroke.push(...(moves.length > 0 ? moves : [event]).map(move => this.#place(move)))
      this.#draw()
    })
    for (const type of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(type, event => {
        if (this.#drawing.delete(event.pointerId)) changed(this.#strokes)
      })
    }
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw())
  }

  clear(): void {
    this.#strokes.length = 0
    this.#drawing.clear()
    this.#draw()
  }

  /** In pixels of the canvas, which is drawn larger or smaller. */
  #place({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect()
    return {
      x: ((clientX - left) / width) * this.#canvas.width,
      y: ((clientY - top) / height) * this.#canvas.height,
    }
  }

  #draw(): void {
    const { width, height } = this.#canvas
    const context = this.#canvas.getContext('2d')!
    context.clearRect(0, 0, width, height)
    context.lineWidth = PEN * width
    context.lineCap = 'round'
    context.lineJoin = 'round'
    context.strokeStyle = getComputedStyle(this.#canvas).color
    for (const [first, ...rest] of this.#strokes) {
      context.beginPath()
      context.moveTo(first!.x, first!.y)
      for (const { x, y } of rest.length > 0 ? rest : [first!]) context.lineTo(x, y)
      context.stroke()
    }
  }
}
