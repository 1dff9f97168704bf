// The fault report, as a test: CVE-2020-7788. It is copied into the workspace and fails on ini 1.3.5.
const assert = require('node:assert/strict')
const { test, afterEach } = require('node:test')
const ini = require('../ini.js')

afterEach(() => {
  delete Object.prototype.polluted
})

test('a section named __proto__ leaves all other objects alone', () => {
  ini.parse('[__proto__]\npolluted = yes')
  assert.ok(!('polluted' in {}), 'an empty object has a property that came from the file')
})

test('a section below __proto__ leaves all other objects alone', () => {
  ini.parse('[__proto__.polluted]\nby = ini')
  assert.ok(!('polluted' in {}), 'an empty object has a property that came from the file')
})

test('any other section is read as before', () => {
  const read = ini.parse('top = 1\n[a]\nb = 2\n[a.c]\nd[] = 3')
  assert.deepEqual(JSON.parse(JSON.stringify(read)), { top: '1', a: { b: '2', c: { d: ['3'] } } })
})
