// Benchmarks written in Rust, in crates/*/benches, each of which prints lines of JSON.
import process from 'node:process'
import { run } from '../../scripts/lib/process.mjs'
import { root } from '../../scripts/lib/paths.mjs'

/**
 * Builds a bench of a crate as it ships, runs it with the arguments of this process, and gives the lines it printed.
 * @param {{ crate: string, bench: string, features?: string }} what
 * @param {(row: any) => void} [onRow] Called with each line as it comes.
 * @returns {Promise<any[]>}
 */
export async function cargoBench({ crate, bench, features = 'bench' }, onRow) {
  const build = ['bench', '--quiet', '-p', crate, '--features', features, '--bench', bench]
  const built = await run('cargo', [...build, '--no-run'], { cwd: root, stream: true })
  if (built.status !== 0) throw new Error(`cargo could not build the bench ${bench}`)
  const rows = []
  const { status, output } = await run('cargo', [...build, '--', ...process.argv.slice(2)], {
    cwd: root,
    onLine(line) {
      if (!line.startsWith('{')) return
      rows.push(JSON.parse(line))
      onRow?.(rows.at(-1))
    },
    timeout: 3_600_000,
  })
  if (status !== 0) throw new Error(`the bench ${bench} ended with status ${status}:\n${output.trim()}`)
  return rows
}
