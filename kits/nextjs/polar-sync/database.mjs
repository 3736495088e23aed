// PostgreSQL (pg): the user and the event go in one transaction, or neither does.
import { Pool } from 'pg'

import { addUserDeleted } from './outbox.mjs'

const pool = new Pool({ connectionString: process.env.APP_DATABASE_URL })
const runner = (client) => async (text, parameters) => (await client.query(text, parameters)).rows

export const sql = runner(pool)

export async function deleteUser(userId) {
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
