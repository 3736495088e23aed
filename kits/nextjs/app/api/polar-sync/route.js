import { sql } from '../../../polar-sync/database.mjs'
import { sendDue } from '../../../polar-sync/outbox.mjs'

export const dynamic = 'force-dynamic'

/** For a cron: sends what is due. Vercel's sends CRON_SECRET this way
 *  (https://vercel.com/docs/cron-jobs/manage-cron-jobs#securing-cron-jobs). */
export async function GET(request) {
  const secret = process.env.CRON_SECRET
  if (!secret || request.headers.get('authorization') !== `Bearer ${secret}`) {
    return new Response(null, { status: 401 })
  }
  const allSent = await sendDue(sql)
  return Response.json({ allSent }, { status: allSent ? 200 : 503 })
}
