// What TypeScript makes of the plugin's declarations.
import { betterAuth } from 'better-auth'

import { polarSync } from '../better-auth/index.mjs'

const auth = betterAuth({
  plugins: [polarSync({ url: 'https://bridge.example.com', background: false })],
})
const { waiting } = await auth.api.sendPolarSyncEvents()
export const count: number = waiting
const [event] = await auth.api.listPolarSyncEvents()
export const reason: string | null | undefined = event?.lastError
// @ts-expect-error: there is no such option
polarSync({ uri: 'https://bridge.example.com' })
