// What may know what: a file uses files of its own layer and of those above it in these lists, so each
// list begins at the bottom.

/** @type {readonly { name: string, layers: readonly (readonly string[])[], shared?: readonly string[] }[]} */
export const crates = [
  {
    name: 'session',
    layers: [
      ['error', 'options', 'cpu', 'gate', 'lock', 'key', 'counters', 'alarm'],
      ['samples', 'effects', 'work'],
      ['operation'],
      ['outlet'],
      ['device'],
      ['recorder', 'output', 'tap'],
      ['capture', 'input'],
      ['dispatch'],
      ['readings', 'core', 'standin'],
      ['driver'],
      ['thread'],
      ['stats', 'meter', 'track_tap'],
      ['engine', 'readout', 'offline'],
    ],
  },
]
