import { expect, test } from 'vitest'
import { mergeLayers } from '../../src/config/layers.js'

test('a higher layer replaces values and lists of a lower one', () => {
  const { options } = mergeLayers([
    { from: 'low', options: { name: 'low', include: ['a', 'b'], trace: false, models: ['m:v1'] } },
    { from: 'high', options: { name: 'high', include: ['c'] } },
  ])
  expect(options).toEqual({ name: 'high', include: ['c'], trace: false, models: ['m:v1'] })
})

test('labels, args, image and dependencies count by entry, envs by name', () => {
  const { options } = mergeLayers([
    {
      from: 'low',
      options: {
        labels: { team: 'a', stage: 'dev' },
        args: { threshold: 0.1, list: [1] },
        image: { distro: 'alpine', systemPackages: ['curl'] },
        dependencies: { include: ['a'] },
        envs: [
          { name: 'A', value: '1', stage: 'build' },
          { name: 'B', value: '1' },
        ],
      },
    },
    {
      from: 'high',
      options: {
        labels: { stage: 'prod' },
        args: { list: [2] },
        image: { systemPackages: [] },
        envs: { A: '2', C: '3' },
      },
    },
  ])
  expect(options).toEqual({
    labels: { team: 'a', stage: 'prod' },
    args: { threshold: 0.1, list: [2] },
    image: { distro: 'alpine', systemPackages: [] },
    dependencies: { include: ['a'] },
    envs: [
      { name: 'A', value: '2' },
      { name: 'B', value: '1' },
      { name: 'C', value: '3' },
    ],
  })
})

test('what is undefined says nothing', () => {
  const undefinedName = { name: undefined, labels: { a: undefined } } as object
  expect(
    mergeLayers([
      { from: 'low', options: { name: 'low' } },
      { from: 'high', options: undefinedName },
    ]),
  ).toEqual({
    options: { name: 'low', labels: {} },
    sources: [{ option: 'name', value: 'low', from: 'low' }],
  })
})

test('tells where each value came from, in the order of the options', () => {
  const { sources } = mergeLayers([
    { from: 'package.json', options: { report: 'r.json', labels: { team: 'a', stage: 'dev' } } },
    { from: 'bentofile.yaml', options: { labels: { stage: 'prod' }, name: 'x', envs: { LEVEL: '1' } } },
  ])
  expect(sources).toEqual([
    { option: 'name', value: 'x', from: 'bentofile.yaml' },
    { option: 'labels.team', value: 'a', from: 'package.json' },
    { option: 'labels.stage', value: 'prod', from: 'bentofile.yaml' },
    { option: 'envs.LEVEL', value: '1', from: 'bentofile.yaml' },
    { option: 'report', value: 'r.json', from: 'package.json' },
  ])
})

test('a label called __proto__ is a label', () => {
  const labels = JSON.parse('{ "__proto__": "x" }')
  const { options } = mergeLayers([{ from: 'one', options: { labels } }])
  expect(JSON.stringify(options)).toBe('{"labels":{"__proto__":"x"}}')
})
