// For vitest's globalSetup: `polar-sync simulator`, for as long as the tests run.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export async function setup({ provide }) {
  const command = ['simulator', '--port', '0', '--time-scale', '0.01']
  const simulator = spawn('polar-sync', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(simulator.stdout), 'line')
  provide('polarUrl', line.split(' ').pop())
  return () => simulator.kill()
}
