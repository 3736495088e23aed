// Polar's official JavaScript SDK understands the simulator's answers, errors and webhooks.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

import {
  PolarClientError,
  PolarNetworkError,
  PolarRateLimitError,
  PolarServerError,
} from '@polar-sh/sdk'
import { createPolar, webhooks } from '@polar-sh/sdk/2026-10'
import { beforeEach, expect, test } from 'vitest'

import { accessToken, control, url } from './polar.mjs'

const polar = createPolar({ accessToken, baseUrl: url, timeout: 60 })

beforeEach(() => control('POST', '/reset'))

test('customers', async () => {
  const made = await polar.customers.create({ email: 'a@example.com', external_id: 'a b', name: 'Ada' })
  expect(await polar.customers.get(made.id)).toEqual(made)
  expect(await polar.customers.getExternal('a b')).toEqual(made)
  await polar.customers.create({ type: 'team', name: 'Team', owner: { email: 'lead@example.com' } })
  const listed = await polar.customers.list({ limit: 1, sorting: ['created_at'] })
  expect(listed.items).toEqual([made])
  expect(listed.pagination).toEqual({ total_count: 2, max_page: 2 })
  const all = []
  for await (const it of polar.customers.iterList({ limit: 1 })) all.push(it)
  expect(all).toHaveLength(2)
  expect((await polar.customers.updateExternal('a b', { name: 'B' })).name).toBe('B')
})

test('state, and the deletion', async () => {
  const made = await control('POST', '/customers', {
    external_id: 'user-1',
    subscriptions: ['active', 'trialing', 'past_due'],
    grants: 2,
  })
  const state = await polar.customers.getStateExternal('user-1')
  expect(state.id).toBe(made.customer.id)
  expect(state.active_subscriptions.map((it) => it.status).sort()).toEqual(['active', 'trialing'])
  expect(state.granted_benefits).toHaveLength(2)
  expect(await polar.customers.deleteExternal('user-1', { anonymize: true })).toBeUndefined()
  await expect(polar.customers.getExternal('user-1')).rejects.toMatchObject({
    name: 'ResourceNotFound',
    statusCode: 404,
    error: { error: 'ResourceNotFound' },
  })
})

test('subscriptions', async () => {
  await control('POST', '/customers', { external_id: 'user-1', subscriptions: ['active', 'paused'] })
  const { items } = await polar.subscriptions.list({ external_customer_id: 'user-1' })
  expect(items.map((it) => it.status).sort()).toEqual(['active', 'paused'])
  const active = items.find((it) => it.status === 'active')
  expect((await polar.subscriptions.revoke(active.id)).status).toBe('canceled')
  await expect(polar.subscriptions.revoke(active.id)).rejects.toMatchObject({
    name: 'AlreadyCanceledSubscription',
  })
  expect((await polar.subscriptions.list({ active: true })).items).toEqual([])
})

test('errors', async () => {
  await expect(polar.customers.list({ limit: 0 })).rejects.toMatchObject({
    name: 'HTTPValidationError',
    statusCode: 422,
  })
  const nobody = createPolar({ accessToken: 'nope', baseUrl: url })
  await expect(nobody.customers.list()).rejects.toBeInstanceOf(PolarClientError)
  await control('PUT', '/faults', { faults: [{ kind: 'rate_limit', count: 1 }] })
  await expect(polar.customers.list()).rejects.toBeInstanceOf(PolarRateLimitError)
  await control('PUT', '/faults', { faults: [{ kind: 'error', status: 502, count: 1 }] })
  await expect(polar.customers.list()).rejects.toBeInstanceOf(PolarServerError)
  await control('PUT', '/faults', { faults: [{ kind: 'drop', count: 1 }] })
  await expect(polar.customers.list()).rejects.toBeInstanceOf(PolarNetworkError)
})

// Polar's own key is the whole text of the secret; with `standard_signature` it is what the base64
// after `whsec_` stands for.
test.each([
  ['polar_whs_bG9vcGJhY2sgb25seSwgbm9ib2R5', false],
  ['whsec_bG9vcGJhY2sgb25seSwgbm9ib2R5IGVsc2UgaGFzIGl0', false],
  ['whsec_bG9vcGJhY2sgb25seSwgbm9ib2R5IGVsc2UgaGFzIGl0', true],
])('webhooks signed with %s, standard: %s', async (secret, standard_signature) => {
  const seen = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const wrong = webhooks.validateEvent(body, request.headers, `${secret}x`).catch((error) => error)
    seen.push([await webhooks.validateEvent(body, request.headers, secret), await wrong])
    response.writeHead(202).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const receiver = `http://127.0.0.1:${server.address().port}/`
    await control('POST', '/webhooks/endpoints', { url: receiver, secret, standard_signature })
    await control('POST', '/customers', { external_id: 'user-1', subscriptions: ['active'], grants: 1 })
    await polar.customers.deleteExternal('user-1')
    await control('POST', '/settle', { timeout: 30 })
  } finally {
    server.close()
  }
  const types = new Set(seen.map(([event]) => event.type))
  for (const type of ['customer.created', 'customer.deleted', 'subscription.revoked', 'benefit_grant.revoked']) {
    expect(types).toContain(type)
  }
  for (const [, wrong] of seen) expect(wrong).toBeInstanceOf(webhooks.PolarWebhookVerificationError)
})
