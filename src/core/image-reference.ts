// The grammar of names of images: github.com/distribution/reference, `regexp.go`.
const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const PATH_PART = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const NAME = `(?:${DOMAIN}/)?${PATH_PART}(?:/${PATH_PART})*`
const TAG = '\\w[\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

const IMAGE_TAG = new RegExp(`^(${NAME})(?::${TAG})?$`)
const IMAGE_REFERENCE = new RegExp(`^(${NAME})(?::${TAG})?(?:@${DIGEST})?$`)
const LONGEST_NAME = 255

/** Whether `text` can name an image to be made: `registry.example:5000/vision/iris:v2`. */
export function isImageTag(text: string): boolean {
  return matches(IMAGE_TAG, text)
}

/** Whether `text` can name an image to begin with: a tag as above, or with a digest, `node@sha256:…`. */
export function isImageReference(text: string): boolean {
  return matches(IMAGE_REFERENCE, text)
}

function matches(pattern: RegExp, text: string): boolean {
  const [, name] = pattern.exec(text) ?? []
  return name !== undefined && name.length <= LONGEST_NAME
}
