import type { BetterAuthPlugin, StrictEndpoint } from 'better-auth'

type ServerOnly<Method, Answer> = StrictEndpoint<
  string,
  { method: Method; metadata: { SERVER_ONLY: true } },
  Answer
>

export interface PolarSyncOptions {
  /** Where polar-sync is, such as `https://bridge.example.com`. Default: `POLAR_SYNC_URL`. */
  url?: string
  /** One of its `EVENT_SECRETS`, `whsec_…`. Default: `POLAR_SYNC_SECRET`. */
  secret?: string
  /** Send what waits at start and by a timer. Default: true. False for functions that come and go:
   *  there a cron calls `auth.api.sendPolarSyncEvents()`. */
  background?: boolean
}

export interface WaitingEvent {
  webhookId: string
  body: string
  userId: string
  /** The user is known to be gone. Otherwise that is looked up before it is sent. */
  confirmed: boolean
  createdAt: Date
  tries: number
  nextTryAt: Date
  lastError: string | null
}

export declare function polarSync(options?: PolarSyncOptions): {
  id: 'polar-sync'
  schema: NonNullable<BetterAuthPlugin['schema']>
  init: NonNullable<BetterAuthPlugin['init']>
  endpoints: {
    /** Sends what is due. Gives how many events wait. */
    sendPolarSyncEvents: ServerOnly<'POST', { waiting: number }>
    /** What has not been sent yet, and why not. */
    listPolarSyncEvents: ServerOnly<'GET', WaitingEvent[]>
  }
}
