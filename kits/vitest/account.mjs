// The app that is tested: in place of yours.
import { createPolar, webhooks } from '@polar-sh/sdk/2026-10'

export class App {
  ended = []

  constructor({ accessToken, baseUrl, webhookSecret }) {
    this.polar = createPolar({ accessToken, baseUrl, timeout: 30 })
    this.webhookSecret = webhookSecret
  }

  /** Deletes the user's customer at Polar, and with it what the user pays for. */
  async deleteAccount(userId) {
    await this.polar.customers.deleteExternal(userId, { anonymize: true })
  }

  /** Takes a webhook of Polar's. Gives the answer's status. */
  async receive(headers, body) {
    try {
      const event = await webhooks.validateEvent(body, headers, this.webhookSecret)
      if (event.type === 'subscription.revoked') this.ended.push(event.data.customer.external_id)
      return 202
    } catch (error) {
      if (error instanceof webhooks.PolarWebhookVerificationError) return 403
      if (error instanceof webhooks.PolarWebhookError) return 400
      throw error
    }
  }
}
