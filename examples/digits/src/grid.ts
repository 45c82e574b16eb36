/** A place on the drawing pad, in any unit: what is drawn is scaled. */
export interface Point {
  x: number
  y: number
}

/** What the pen drew between touching the pad and leaving it. */
export type Stroke = readonly Point[]

/** Width and height of the bitmap that a digit is drawn into, and how far it may reach in it. */
const BITMAP = 32
const HEIGHT = 32
const WIDTH = 24
/** Half the width of the pen in it. */
const PEN = 2.4
/** Side of the blocks that one number counts. */
const BLOCK = 4

/**
 * What the model wants to see of a drawing: 8 × 8 numbers from 0 to 16, row by row. Made as the digits were that it learned
 * from: they were brought to one size in a bitmap of 32 × 32, and the ink in each block of 4 × 4 was counted
 * (https://archive.ics.uci.edu/dataset/80).
 *
 * @param strokes at least one point
 */
export function gridOf(strokes: readonly Stroke[]): number[] {
  const segments = segmentsOf(fit(strokes))
  const side = BITMAP / BLOCK
  return Array.from({ length: side * side }, (_, block) => {
    const [left, top] = [(block % side) * BLOCK, Math.floor(block / side) * BLOCK]
    let ink = 0
    for (let y = top + 0.5; y < top + BLOCK; y++) {
      for (let x = left + 0.5; x < left + BLOCK; x++) {
        // The pen's edge is soft, one pixel wide.
        const reach = PEN + 0.5 - distance({ x, y }, segments)
        ink += Math.min(1, Math.max(0, reach))
      }
    }
    return Math.round(ink)
  })
}

/** Brings a drawing to one size, in the middle of the bitmap; its proportions stay. */
function fit(strokes: readonly Stroke[]): Stroke[] {
  const points = strokes.flat()
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))]
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))]
  const scale = Math.min((HEIGHT - 2 * PEN) / (bottom - top || 1), (WIDTH - 2 * PEN) / (right - left || 1))
  const place = ({ x, y }: Point) => ({
    x: BITMAP / 2 + (x - (left + right) / 2) * scale,
    y: BITMAP / 2 + (y - (top + bottom) / 2) * scale,
  })
  return strokes.map(stroke => stroke.map(place))
}

type Segment = readonly [Point, Point]

/** A dot is a segment without length. */
function segmentsOf(strokes: readonly Stroke[]): Segment[] {
  return strokes.flatMap(stroke =>
    stroke.map((point, index) => [stroke[Math.max(0, index - 1)] ?? point, point] as const),
  )
}

function distance(point: Point, segments: readonly Segment[]): number {
  return Math.min(...segments.map(segment => toSegment(point, segment)))
}

function toSegment({ x, y }: Point, [from, to]: Segment): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const along = ((x - from.x) * dx + (y - from.y) * dy) / (dx * dx + dy * dy || 1)
  const share = Math.min(1, Math.max(0, along))
  return Math.hypot(x - from.x - share * dx, y - from.y - share * dy)
}
