import { deleteUser, sql } from '../../../polar-sync/database.mjs'
import { sendDue } from '../../../polar-sync/outbox.mjs'
import { currentUser } from '../../../session.mjs' // yours: the id of who is signed in, or null

export async function DELETE(request) {
  const userId = await currentUser(request)
  if (userId === null) return new Response(null, { status: 401 })
  await deleteUser(userId)
  // Before the answer: a serverless function may be stopped after it.
  await sendDue(sql).catch((error) => console.error(`polar-sync: ${error.message}`))
  return new Response(null, { status: 204 })
}
