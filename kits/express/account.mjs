// Express and better-sqlite3: the user and the event go in one transaction, or neither does.
import { Router } from 'express'

import { addUserDeleted, keepSending, sendDue } from './outbox.mjs'

/** `db`: a better-sqlite3 Database. `currentUser(request)`: the id of who is signed in, or null. */
export function accountRoutes(db, currentUser) {
  const sql = (text, parameters) =>
    db.prepare(text).all(Object.fromEntries(parameters.map((value, at) => [at + 1, value])))
  const deleteUser = db.transaction((userId) => {
    const { changes } = db.prepare('DELETE FROM users WHERE id = ?').run(userId)
    if (changes) addUserDeleted(sql, userId)
  })
  keepSending(sql)

  return Router().delete('/account', async (request, response) => {
    const userId = await currentUser(request)
    if (userId === null) return response.sendStatus(401)
    deleteUser(userId)
    response.sendStatus(204)
    sendDue(sql).catch((error) => console.error(`polar-sync: ${error.message}`))
  })
}
