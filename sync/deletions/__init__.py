"""What becomes of each deletion, and the proof: `machine` decides, `ledger` writes, `steps` acts.

Stands on the mirror, Polar's client and the inbox. Others read by `queries`, act by `operator`,
look a user up by `identity`, show by `receipts`, tell what was seen by `sightings`; nobody else
writes a deletion or evidence.
"""
