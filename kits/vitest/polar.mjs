// What tests are given: the simulated Polar, and polar-sync beside it.
import { randomBytes } from 'node:crypto'

import { test as base, inject, vi } from 'vitest'

import { start } from './polar-sync.mjs'

export const url = inject('polarUrl')
export const accessToken = 'polar_oat_simulator'
// As in your deployment, such as { MAPPING: 'template', EXTERNAL_ID_TEMPLATE: 'usr_{user_id}' }.
const settings = {}
const patience = { timeout: 60_000 }
const underWay = ['received', 'resolved', 'deleting', 'deleted']

/** What a test does to the simulated Polar, and sees of it: the control API, below /_sim/. */
export async function control(method, path, body) {
  const answer = await fetch(`${url}/_sim${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? null : answer.json()
}

/** `url` and `secret` are your app's POLAR_SYNC_URL and POLAR_SYNC_SECRET. */
class Bridge {
  #apiToken

  constructor(url, secret, apiToken) {
    Object.assign(this, { url, secret })
    this.#apiToken = apiToken
  }

  /** The user's deletions, newest first. */
  async deletions(userId) {
    const query = new URLSearchParams({ user_id: userId })
    const headers = { authorization: `Bearer ${this.#apiToken}` }
    const answer = await fetch(`${this.url}/deletions?${query}`, { headers })
    if (!answer.ok) throw new Error(`polar-sync: ${answer.status} ${await answer.text()}`)
    return (await answer.json()).deletions
  }

  /** Waits until polar-sync has done what it can. Gives the newest of them. */
  ended(userId) {
    return vi.waitFor(async () => {
      const [deletion] = await this.deletions(userId)
      if (deletion && !underWay.includes(deletion.state)) return deletion
      throw new Error(`${userId}'s deletion has not ended: it is ${deletion?.state ?? 'not there'}`)
    }, patience)
  }
}

export const test = base.extend({
  // For one test: a Polar with nobody in it.
  polar: async ({}, use) => {
    await control('POST', '/reset')
    await use({ url, accessToken, control })
  },
  // For one test: what it has seen of this Polar would be wrong in the next.
  bridge: async ({ polar }, use) => {
    const apiToken = randomBytes(32).toString('hex')
    const webhookSecret = randomBytes(32).toString('hex')
    const eventSecret = `whsec_${randomBytes(32).toString('base64')}`
    const server = await start(['serve', '--migrate', '--port', '0'], {
      POLAR_BASE_URL: polar.url,
      POLAR_ACCESS_TOKEN: polar.accessToken,
      POLAR_WEBHOOK_SECRETS: webhookSecret,
      EVENT_SECRETS: eventSecret,
      HASH_KEY: randomBytes(32).toString('hex'),
      API_TOKENS: `tests:${apiToken}`,
      VERIFY_AFTER: '2', // seconds, after which lost webhooks are not waited for
      ...settings,
    })
    try {
      const endpoint = { url: `${server.url}/webhooks/polar`, secret: webhookSecret }
      await polar.control('POST', '/webhooks/endpoints', endpoint)
      await vi.waitFor(async () => {
        if (!(await fetch(`${server.url}/readyz`)).ok) throw new Error('polar-sync is not ready')
      }, patience)
      await use(new Bridge(server.url, eventSecret, apiToken))
    } finally {
      await server.stop()
    }
  },
})
