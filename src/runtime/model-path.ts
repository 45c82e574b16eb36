export function modelPath(): string {
  return ''
}
