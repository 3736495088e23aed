// The Next.js kit's route handlers and its instrumentation, called as Next.js calls them.
import { serve } from '@hono/node-server'

import { DELETE } from '../nextjs/app/api/account/route.js'
import { GET } from '../nextjs/app/api/polar-sync/route.js'
import { register } from '../nextjs/instrumentation.js'

await register()
const routes = { 'DELETE /account': DELETE, 'GET /api/polar-sync': GET }
const fetch = (request) => routes[`${request.method} ${new URL(request.url).pathname}`](request)
serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => console.log(`listening ${port}`))
