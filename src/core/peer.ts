/**
 * The release of BentoML whose formats are written here, for the `bentoml_version` that its manifests must carry.
 * BentoML compares it with its own for nothing but a warning.
 */
export const BENTOML_VERSION = '1.4.39'
