import { gridOf, type Stroke } from './grid.js'
import { Pad } from './pad.js'
import type { Answer } from './service.js'

const find = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind
const clear = find<HTMLButtonElement>('clear')
const answer = find<HTMLOutputElement>('answer')
const note = find<HTMLParagraphElement>('note')
const seen = find<HTMLCanvasElement>('seen')

const bars = Array.from({ length: 10 }, (_, digit) => {
  const item = document.createElement('li')
  item.innerHTML = `<span>${digit}</span><div class="track"><div class="bar" hidden></div></div><span class="share"></span>`
  find('bars').append(item)
  return item
})

const pad = new Pad(find<HTMLCanvasElement>('pad'), strokes => void name(strokes))
clear.addEventListener('click', () => {
  asking.abort()
  pad.clear()
  reset()
})
/** The question that waits for its answer: a new stroke makes it pointless. */
let asking = new AbortController()
reset()

async function name(strokes: readonly Stroke[]): Promise<void> {
  asking.abort()
  asking = new AbortController()
  const { signal } = asking
  const grid = gridOf(strokes)
  const count = strokes.length
  clear.disabled = false
  showSeen(grid)
  try {
    const response = await fetch('/api/classify', { method: 'POST', body: JSON.stringify(grid), signal })
    if (!response.ok) throw new Error(`The service answered ${response.status}.`)
    show((await response.json()) as Answer)
    answer.dataset.strokes = String(count)
  } catch (error) {
    if (!signal.aborted) note.textContent = error instanceof Error ? error.message : String(error)
  }
}

function show({ digit, probabilities, model }: Answer): void {
  answer.value = String(digit)
  note.textContent = `Named by ${model}.`
  for (const [other, item] of bars.entries()) {
    const share = probabilities[other] ?? 0
    item.toggleAttribute('data-best', other === digit)
    const bar = item.querySelector<HTMLElement>('.bar')!
    bar.hidden = false
    bar.style.setProperty('--share', String(share))
    item.querySelector('.share')!.textContent = `${(share * 100).toFixed(0)} %`
  }
}

/** Dark where there is much ink. */
function showSeen(grid: readonly number[]): void {
  const context = seen.getContext('2d')!
  const image = context.createImageData(8, 8)
  for (const [index, ink] of grid.entries()) {
    const grey = 255 - (ink / 16) * 255
    image.data.set([grey, grey, grey, 255], index * 4)
  }
  context.putImageData(image, 0, 0)
}

function reset(): void {
  clear.disabled = true
  answer.value = '–'
  delete answer.dataset.strokes
  note.textContent = 'Use mouse, pen or finger.'
  showSeen(Array.from({ length: 64 }, () => 0))
  for (const item of bars) {
    item.removeAttribute('data-best')
    item.querySelector<HTMLElement>('.bar')!.hidden = true
    item.querySelector('.share')!.textContent = ''
  }
}
