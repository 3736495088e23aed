// Hono and PostgreSQL (pg): the user and the event go in one transaction, or neither does.
import { Hono } from 'hono'

import { addUserDeleted, keepSending, sendDue } from './outbox.mjs'

const runner = (client) => async (text, parameters) => (await client.query(text, parameters)).rows

async function deleteUser(pool, userId) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rowCount } = await client.query('DELETE FROM users WHERE id = $1', [userId])
    if (rowCount) await addUserDeleted(runner(client), userId)
    await client.query('COMMIT')
    client.release()
  } catch (error) {
    client.release(error) // ends the connection, and with it the transaction
    throw error
  }
}

/** `pool`: a Pool of pg. `currentUser(context)`: the id of who is signed in, or null. */
export function accountRoutes(pool, currentUser) {
  const sql = runner(pool)
  keepSending(sql)

  return new Hono().delete('/account', async (context) => {
    const userId = await currentUser(context)
    if (userId === null) return context.body(null, 401)
    await deleteUser(pool, userId)
    sendDue(sql).catch((error) => console.error(`polar-sync: ${error.message}`))
    return context.body(null, 204)
  })
}
