import { expect } from 'vitest'

import { App } from './account.mjs'
import { test } from './polar.mjs'

/** A user who pays. Gives what shows the customer as Polar has it. */
async function paying(polar, userId) {
  const { customer } = await polar.control('POST', '/customers', {
    external_id: userId,
    subscriptions: ['active'],
    grants: 1,
  })
  return () => polar.control('GET', `/customers/${customer.id}`)
}

test('who deletes the account pays no more', async ({ polar, bridge }) => {
  const look = await paying(polar, 'user-1')
  await new App(bridge.url, bridge.secret).deleteAccount('user-1')
  expect((await bridge.ended('user-1')).state).toBe('verified')
  const { customer, subscriptions, grants } = await look()
  expect(customer.deleted_at).not.toBeNull()
  expect(subscriptions.map((it) => it.status)).toEqual(['canceled'])
  expect(grants.map((it) => it.is_granted)).toEqual([false])
})

test('where Polar is down, it is done once Polar is back', async ({ polar, bridge }) => {
  await paying(polar, 'user-1')
  const down = { kind: 'error', status: 503, path: '/external/user-1', count: 1 }
  await polar.control('PUT', '/faults', { faults: [down] })
  await new App(bridge.url, bridge.secret).deleteAccount('user-1')
  expect((await bridge.ended('user-1')).state).toBe('verified')
  expect((await polar.control('GET', '/faults')).faults).toMatchObject([{ struck: 1 }])
})

test('an event that the app has not signed is refused', async ({ polar, bridge }) => {
  const look = await paying(polar, 'user-1')
  const forger = new App(bridge.url, 'whsec_bm90IHRoZSBzZWNyZXQgb2YgdGhlIGFwcA==')
  await expect(forger.deleteAccount('user-1')).rejects.toThrow('401')
  const unsigned = { type: 'user.deleted', data: { user_id: 'user-1' } }
  const headers = { 'content-type': 'application/json' }
  const request = { method: 'POST', headers, body: JSON.stringify(unsigned) }
  expect((await fetch(`${bridge.url}/events`, request)).status).toBe(401)
  expect(await bridge.deletions('user-1')).toEqual([])
  expect((await look()).customer.deleted_at).toBeNull()
})
