import * as commonjsModule from '@rollup/plugin-commonjs'
import * as nodeResolveModule from '@rollup/plugin-node-resolve'
import type { Plugin } from 'rollup'

// Their types describe CommonJS, where the module itself is what ES modules call the default export.
export const commonjs = commonjsModule.default as unknown as () => Plugin
export const nodeResolve = nodeResolveModule.default as unknown as () => Plugin
