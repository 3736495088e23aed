"""What the app says of its users, until Polar has it: one row for each user, the newest wins.

Stands on the store. `profile` decides, `queries` keeps; `sync.provisioning` carries it to Polar. A
deletion takes a user's row along, in its own transaction.
"""
