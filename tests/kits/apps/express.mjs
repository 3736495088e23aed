// An app with the Express kit. Who is signed in is who the header says: a test's, never yours.
import Database from 'better-sqlite3'
import express from 'express'

import { accountRoutes } from '../express/account.mjs'

const db = new Database(process.env.DATABASE)
db.pragma('foreign_keys = ON')
const app = express()
app.use(accountRoutes(db, (request) => request.get('test-user') ?? null))
const server = app.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
