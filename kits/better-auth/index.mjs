// Better Auth plugin: tells polar-sync of each deleted user, at least once, whatever happens.
//
// Read in the source of better-auth 1.7.25: `user.delete.before` runs on the adapter of the
// transaction, if there is one; `user.delete.after` only once that is committed. So the event is
// written before, and confirmed after. What a crash leaves unconfirmed is judged by whether the
// user is still there.
import { getCurrentAdapter } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'

import { backoff, post, target, userDeleted } from './post.mjs'

const model = 'polarSyncEvent'
const LEASE = 60_000 // Milliseconds. Longer than a post takes: nobody else sends that event meanwhile.
const GIVEN_UP = 3_600_000 // A deletion that has not happened by then has failed.
const BUSY = 5_000
const IDLE = 60_000

const schema = {
  [model]: {
    fields: {
      webhookId: { type: 'string', required: true, unique: true },
      body: { type: 'string', required: true },
      userId: { type: 'string', required: true }, // no reference: it outlives the user
      confirmed: { type: 'boolean', required: true },
      createdAt: { type: 'date', required: true },
      tries: { type: 'number', required: true },
      nextTryAt: { type: 'date', required: true },
      lastError: { type: 'string', required: false },
    },
  },
}

const later = (milliseconds) => new Date(Date.now() + milliseconds)
const by = (field, value) => [{ field, value }]

export function polarSync({ url, secret, background = true } = {}) {
  const to = target({ url, secret })

  async function write(adapter, userId, confirmed) {
    const { id, body } = userDeleted(userId)
    const data = { webhookId: id, body, userId: String(userId), confirmed, tries: 0 }
    const times = { createdAt: new Date(), nextTryAt: later(confirmed ? 0 : LEASE) }
    await adapter.create({ model, data: { ...data, ...times, lastError: null } })
  }

  /** Whether the event may be sent: the user is gone. */
  async function hasHappened(adapter, event) {
    if (event.confirmed) return true
    return !(await adapter.findOne({ model: 'user', where: by('id', event.userId) }))
  }

  /** Sends one event, if nobody else does. Gives whether it is sent, or need not be. */
  async function send({ adapter, logger }, event) {
    const where = by('webhookId', event.webhookId)
    const tries = event.tries + 1
    const mine = await adapter.updateMany({
      model,
      where: [...where, { field: 'tries', value: event.tries }],
      update: { tries, nextTryAt: later(LEASE) },
    })
    if (mine === 0) return true
    if (!(await hasHappened(adapter, event))) {
      if (Date.now() - event.createdAt.getTime() > GIVEN_UP) await adapter.delete({ model, where })
      return true
    }
    const refused = await post({ id: event.webhookId, body: event.body }, to)
    if (!refused) {
      await adapter.delete({ model, where })
      return true
    }
    logger.error(`polar-sync: event ${event.webhookId}, try ${tries}: ${refused.reason}`)
    const nextTryAt = later(Math.max(backoff(tries), refused.wait))
    await adapter.update({ model, where, update: { nextTryAt, lastError: refused.reason } })
    return false
  }

  /** Sends what is due, the oldest first, until one fails. Gives how many wait. */
  async function sendDue(auth) {
    const due = await auth.adapter.findMany({
      model,
      where: [{ field: 'nextTryAt', operator: 'lte', value: new Date() }],
      sortBy: { field: 'nextTryAt', direction: 'asc' },
      limit: 100,
    })
    for (const event of due) if (!(await send(auth, event))) break
    return auth.adapter.count({ model })
  }

  /** The same, for where nobody waits for it. */
  async function sendDueQuietly(auth) {
    try {
      return await sendDue(auth)
    } catch (error) {
      auth.logger.error(
        `polar-sync: the events that wait cannot be read or written. Is the table there (npx auth migrate)? ${error.message}`,
      )
      return 0
    }
  }

  let timer
  /** The same, now and again, for as long as the process runs. */
  async function keepSending(auth) {
    const waiting = await sendDueQuietly(auth)
    if (!background) return
    clearTimeout(timer)
    timer = setTimeout(keepSending, waiting ? BUSY : IDLE, auth)
    timer.unref?.()
  }

  function hooks(auth) {
    return {
      /** Throws where the event cannot be written: then the user is not deleted. */
      async before(user) {
        const adapter = await getCurrentAdapter(auth.adapter)
        // Of a deletion that has failed.
        await adapter.deleteMany({
          model,
          where: [...by('userId', String(user.id)), { field: 'confirmed', value: false }],
        })
        await write(adapter, user.id, false)
      },
      async after(user) {
        const adapter = await getCurrentAdapter(auth.adapter)
        const where = by('userId', String(user.id))
        try {
          if (await adapter.findOne({ model, where })) {
            const update = { confirmed: true, nextTryAt: new Date() }
            await adapter.updateMany({ model, where, update })
          } else await write(adapter, user.id, true)
        } catch (error) {
          // The user is gone, and hears no error of it. The event is sent once its lease is over.
          auth.logger.error(`polar-sync: an event could not be confirmed yet: ${error.message}`)
        }
        auth.runInBackground(keepSending(auth))
      },
    }
  }

  return {
    id: 'polar-sync',
    schema,
    init(auth) {
      // Once everything else is there, `auth.adapter` included.
      if (background) setTimeout(keepSending, 0, auth).unref?.()
      return { options: { databaseHooks: { user: { delete: hooks(auth) } } } }
    },
    endpoints: {
      /** For a cron. */
      sendPolarSyncEvents: createAuthEndpoint.serverOnly({ method: 'POST' }, async ({ context }) => ({
        waiting: await sendDue(context),
      })),
      /** What has not been sent yet, and why not. */
      listPolarSyncEvents: createAuthEndpoint.serverOnly({ method: 'GET' }, ({ context }) =>
        context.adapter.findMany({ model, sortBy: { field: 'createdAt', direction: 'asc' } }),
      ),
    },
  }
}
