import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { App } from './account.mjs'
import { accessToken, control, url } from './polar.mjs'

const webhookSecret = 'polar_whs_of_this_test'
let app, customer, server

beforeAll(async () => {
  server = createServer(async (request, response) => {
    response.statusCode = await app.receive(request.headers, await text(request))
    response.end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(() => server.close())

beforeEach(async () => {
  app = new App({ accessToken, baseUrl: url, webhookSecret })
  await control('POST', '/reset')
  await control('POST', '/webhooks/endpoints', {
    url: `http://127.0.0.1:${server.address().port}/`,
    secret: webhookSecret,
  })
  const made = await control('POST', '/customers', {
    external_id: 'user-1',
    subscriptions: ['active'],
    grants: 1,
  })
  customer = made.customer
})

test('who deletes the account pays no more', async () => {
  await app.deleteAccount('user-1')
  await control('POST', '/settle', { timeout: 30 })
  const { customer: now, subscriptions, grants } = await control('GET', `/customers/${customer.id}`)
  expect(now.deleted_at).not.toBeNull()
  expect(subscriptions.map((it) => it.status)).toEqual(['canceled'])
  expect(grants.map((it) => it.is_granted)).toEqual([false])
  expect(app.ended).toEqual(['user-1'])
})

test('where Polar is down, the app does not say that it is done', async () => {
  await control('PUT', '/faults', { faults: [{ kind: 'error', status: 503, method: 'DELETE' }] })
  await expect(app.deleteAccount('user-1')).rejects.toThrow()
  const { subscriptions } = await control('GET', `/customers/${customer.id}`)
  expect(subscriptions.map((it) => it.status)).toEqual(['active'])
})

test('a webhook that Polar has not signed is refused', async () => {
  const forged = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': 'v1,bm90IG9mIFBvbGFyJ3M=',
  }
  expect(await app.receive(forged, '{"type": "subscription.revoked"}')).toBe(403)
})
