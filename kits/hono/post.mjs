// An event for polar-sync, signed by Standard Webhooks (https://www.standardwebhooks.com) and posted.
// Node 18 or newer; no packages.
import { createHmac, randomUUID } from 'node:crypto'

/** Who deleted their account, and when: now. `id` and `body` stay the same at each try. */
export function userDeleted(userId) {
  const event = {
    type: 'user.deleted',
    timestamp: new Date().toISOString(),
    data: { user_id: String(userId) },
  }
  return { id: `msg_${randomUUID()}`, body: JSON.stringify(event) }
}

/** Where the bridge is and what is signed with; throws where that is not usable. */
export function target({
  url = process.env.POLAR_SYNC_URL,
  secret = process.env.POLAR_SYNC_SECRET,
} = {}) {
  if (!URL.canParse(url ?? '')) {
    throw new Error('POLAR_SYNC_URL must be where polar-sync is, such as https://bridge.example.com')
  }
  const key = Buffer.from((secret ?? '').replace(/^whsec_/, ''), 'base64')
  if (key.length < 16) {
    throw new Error('POLAR_SYNC_SECRET must be one of the EVENT_SECRETS of polar-sync: whsec_…')
  }
  return { url: `${url.replace(/\/+$/, '')}/events`, key }
}

/**
 * Posts an event once. Gives null when the bridge has it on disk; else why not, for people, and
 * for how many milliseconds the bridge wants to be left alone.
 */
export async function post({ id, body }, { url, key }) {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      redirect: 'manual', // a redirected POST becomes a GET, whose 200 says nothing
      signal: AbortSignal.timeout(10_000),
    })
    const text = await answer.text()
    if (answer.ok) return null
    const seconds = Number(answer.headers.get('retry-after')) || 0
    const wait = Math.min(seconds * 1000, 3_600_000) // an hour, whatever is asked
    return { reason: `polar-sync answered ${answer.status}: ${text.slice(0, 300)}`, wait }
  } catch (error) {
    return { reason: `polar-sync was not reached: ${error.cause?.code ?? error.message}`, wait: 0 }
  }
}

/** Milliseconds until the next try: 5 seconds, twice as long each time, at most 10 minutes. */
export function backoff(tries) {
  return Math.min(5_000 * 2 ** (tries - 1), 600_000)
}
