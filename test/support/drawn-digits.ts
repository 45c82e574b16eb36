/** Points of a stroke, as shares of the pad's width and height. */
type Stroke = [x: number, y: number][]

/** Points of a part of an ellipse; angles in degrees, clockwise from the right. */
function arc(centre: [number, number], radii: [number, number], from: number, to: number): Stroke {
  const steps = 24
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180
    return [centre[0] + radii[0] * Math.cos(angle), centre[1] + radii[1] * Math.sin(angle)]
  })
}

/** The digits from 0 to 9 as a hand draws them, stroke by stroke. */
export const DRAWN_DIGITS: Stroke[][] = [
  [arc([0.5, 0.5], [0.3, 0.45], -90, 270)],
  [
    [
      [0.35, 0.25],
      [0.52, 0.05],
      [0.52, 0.95],
    ],
  ],
  [[...arc([0.5, 0.28], [0.26, 0.23], -170, 40), [0.25, 0.95], [0.8, 0.95]]],
  [[...arc([0.48, 0.28], [0.25, 0.22], -160, 90), ...arc([0.48, 0.73], [0.28, 0.23], -90, 150)]],
  [
    [
      [0.55, 0.05],
      [0.22, 0.6],
      [0.8, 0.6],
    ],
    [
      [0.62, 0.4],
      [0.62, 0.95],
    ],
  ],
  [[[0.75, 0.07], [0.3, 0.07], [0.28, 0.45], ...arc([0.47, 0.67], [0.27, 0.27], -130, 140)]],
  [
    [
      [0.56, 0.04],
      [0.4, 0.22],
      [0.3, 0.45],
      [0.26, 0.68],
      [0.33, 0.88],
      [0.48, 0.96],
      [0.65, 0.92],
      [0.73, 0.78],
      [0.66, 0.62],
      [0.5, 0.57],
      [0.36, 0.64],
      [0.28, 0.76],
    ],
  ],
  [
    [
      [0.2, 0.08],
      [0.78, 0.08],
      [0.42, 0.95],
    ],
    [
      [0.28, 0.5],
      [0.72, 0.5],
    ],
  ],
  [[...arc([0.5, 0.27], [0.22, 0.21], 90, -270), ...arc([0.5, 0.72], [0.26, 0.23], -90, 270)]],
  [[...arc([0.5, 0.3], [0.24, 0.23], 0, -360), [0.74, 0.3], [0.7, 0.6], [0.55, 0.95]]],
]
