// The app that is tested: in place of yours.
import { createHmac, randomUUID } from 'node:crypto'

export class App {
  constructor(polarSyncUrl, polarSyncSecret) {
    this.url = polarSyncUrl
    this.key = Buffer.from(polarSyncSecret.replace(/^whsec_/, ''), 'base64')
  }

  /** Tells polar-sync that the user is gone. Real apps do it from an outbox (docs/kits.md). */
  async deleteAccount(userId) {
    const id = `msg_${randomUUID()}`
    const now = new Date()
    const timestamp = Math.floor(now / 1000)
    const event = { type: 'user.deleted', timestamp: now.toISOString(), data: { user_id: userId } }
    const body = JSON.stringify(event)
    const signed = createHmac('sha256', this.key).update(`${id}.${timestamp}.${body}`)
    const answer = await fetch(`${this.url}/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': `v1,${signed.digest('base64')}`,
      },
      body,
    })
    if (!answer.ok) throw new Error(`polar-sync answered ${answer.status}`)
  }
}
