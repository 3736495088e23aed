// What a test does to the simulated Polar, and sees of it: the control API, below /_sim/.
import { inject } from 'vitest'

export const url = inject('polarUrl')
export const accessToken = 'polar_oat_simulator'

export async function control(method, path, body) {
  const answer = await fetch(`${url}/_sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? null : answer.json()
}
