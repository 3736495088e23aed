// Starts `polar-sync`; for vitest's globalSetup: a simulated Polar, for as long as the tests run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const notHere =
  'polar-sync is not on the PATH, and these tests start it: in a clone of its repository,' +
  ' `uv tool install .` or `pipx install .`, then open a new terminal'

/** `polar-sync` in a directory without a .env, and with no setting but these. */
export async function start(parameters, settings = {}) {
  const cwd = await mkdtemp(join(tmpdir(), 'polar-sync-'))
  const { PATH, HOME } = process.env
  const program = spawn('polar-sync', parameters, { cwd, env: { PATH, HOME, ...settings } })
  let log = ''
  const url = new Promise((resolve, reject) => {
    for (const stream of [program.stdout, program.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        log += text
        const found = / on (http:\/\/\S+)\s/.exec(log)
        if (found) resolve(found[1])
      })
    }
    program.on('close', () => reject(new Error(`polar-sync ${parameters[0]} has ended: ${log}`)))
    program.on('error', (error) => reject(error.code === 'ENOENT' ? new Error(notHere) : error))
  })
  async function stop() {
    if (program.exitCode === null && program.kill()) await once(program, 'exit')
    await rm(cwd, { recursive: true })
  }
  try {
    return { url: await url, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export async function setup({ provide }) {
  const polar = await start(['simulator', '--port', '0', '--time-scale', '0.01'])
  provide('polarUrl', polar.url)
  return polar.stop
}
