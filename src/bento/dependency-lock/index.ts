export { type LockOptions, lockDependencies } from './lock-dependencies.js'
