"""What the app says of its users, carried to Polar: SYNC_EVENTS with `updated` or `created`.

Stands on the deletions, Polar's API, the mirror and the profiles. `carrier` takes what is due,
`carrying` asks and writes, `decision` decides. A deployment without these events imports none of
it.
"""
