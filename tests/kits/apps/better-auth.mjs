// An app with Better Auth and the plugin, on SQLite or PostgreSQL. FAULT is what goes wrong in a deletion.
import { createServer } from 'node:http'

import { runWithTransaction } from '@better-auth/core/context'
import { betterAuth, getCurrentAdapter } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import Database from 'better-sqlite3'
import { Pool } from 'pg'

import { polarSync } from '../better-auth/index.mjs'

const faults = {
  'killed after the deletion': { after: async () => process.kill(process.pid, 'SIGKILL') },
  'another plugin refuses': { before: async () => false },
}
const other = {
  id: 'other',
  init: () => ({ options: { databaseHooks: { user: { delete: faults[process.env.FAULT] ?? {} } } } }),
}
const sync = polarSync({ background: process.env.BACKGROUND !== 'false' })
const options = {
  database: process.env.DATABASE ? new Database(process.env.DATABASE) : new Pool(),
  secret: 'a secret of the app, which only this test has',
  baseURL: 'http://localhost:3000',
  emailAndPassword: { enabled: true },
  user: { deleteUser: { enabled: true } },
  // Killed: before the plugin's own hook. Refused: after it.
  plugins: process.env.FAULT === 'killed after the deletion' ? [other, sync] : [sync, other],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
}
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)
const handler = toNodeHandler(auth)
const own = {
  '/waiting': () => auth.api.listPolarSyncEvents(),
  '/cron': () => auth.api.sendPolarSyncEvents(),
  /** All users are deleted in a transaction that fails. Gives how many events are in it. */
  '/rolled-back': async () => {
    const { adapter, internalAdapter } = await auth.$context
    let written
    await runWithTransaction(adapter, async () => {
      for (const { id } of await internalAdapter.listUsers()) await internalAdapter.deleteUser(id)
      written = await (await getCurrentAdapter(adapter)).count({ model: 'polarSyncEvent' })
      throw new Error('rolled back')
    }).catch(() => {})
    return { written }
  },
}
const server = createServer(async (request, response) => {
  const answer = own[request.url]
  return answer ? response.end(JSON.stringify(await answer())) : handler(request, response)
}).listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
