// An app with the Hono kit. Who is signed in is who the header says: a test's, never yours.
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { Pool } from 'pg'

import { accountRoutes } from '../hono/account.mjs'

const app = new Hono()
app.route('/', accountRoutes(new Pool(), (context) => context.req.header('test-user') ?? null))
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`listening ${port}`),
)
