// An outbox: events that are written with what they tell of, and sent until polar-sync has them.
// `sql(text, parameters)` runs a statement of your database, SQLite or PostgreSQL, and gives its rows.
import { backoff, post, target, userDeleted } from './post.mjs'

const LEASE = 60_000 // Milliseconds. Longer than a post takes: nobody else sends that event meanwhile.
const IDLE = 5_000 // Milliseconds, between two looks at what is due.

/** For your migrations. */
export const TABLE = `CREATE TABLE IF NOT EXISTS polar_sync_outbox (
  id TEXT PRIMARY KEY, -- the webhook-id
  body TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at TEXT NOT NULL,
  last_error TEXT
)`

const after = (milliseconds) => new Date(Date.now() + milliseconds).toISOString()

/** Call this in the transaction that deletes the user. Gives what `sql` gives. */
export function addUserDeleted(sql, userId) {
  const { id, body } = userDeleted(userId)
  return sql(
    'INSERT INTO polar_sync_outbox (id, body, next_try_at) VALUES ($1, $2, $3) RETURNING id',
    [id, body, after(0)],
  )
}

/**
 * Sends what is due, the oldest first; after a failure the rest waits for the next call. Gives
 * whether all that was due is sent. Any number of processes may do so at once.
 */
export async function sendDue(sql, to = target()) {
  for (;;) {
    const [event] = await sql(
      'SELECT * FROM polar_sync_outbox WHERE next_try_at <= $1 ORDER BY next_try_at LIMIT 1',
      [after(0)],
    )
    if (!event) return true
    const [mine] = await sql(
      `UPDATE polar_sync_outbox SET tries = tries + 1, next_try_at = $1
       WHERE id = $2 AND next_try_at = $3 RETURNING tries`,
      [after(LEASE), event.id, event.next_try_at],
    )
    if (!mine) continue // another process was quicker
    const refused = await post(event, to)
    if (refused) {
      console.error(`polar-sync: event ${event.id}, try ${mine.tries}: ${refused.reason}`)
      await sql(
        'UPDATE polar_sync_outbox SET next_try_at = $1, last_error = $2 WHERE id = $3 RETURNING id',
        [after(Math.max(backoff(mine.tries), refused.wait)), refused.reason, event.id],
      )
      return false
    }
    await sql('DELETE FROM polar_sync_outbox WHERE id = $1 RETURNING id', [event.id])
  }
}

/** Sends now and every few seconds, for as long as the process runs. */
export function keepSending(sql, to = target()) {
  const turn = async () => {
    await sendDue(sql, to).catch((error) => console.error(`polar-sync: ${error.message}`))
    setTimeout(turn, IDLE).unref()
  }
  turn()
}
