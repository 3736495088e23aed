// Next.js runs this when a server starts. Leave it out where there is no server, but functions that
// come and go: there a cron calls /api/polar-sync.
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { sql } = await import('./polar-sync/database.mjs')
  const { keepSending } = await import('./polar-sync/outbox.mjs')
  keepSending(sql)
}
