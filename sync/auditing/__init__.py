"""Whether the log over all deletions holds, and the evidence with it: in the database, in an
export, and against heads and receipts that somebody has kept elsewhere.

Stands on the deletions, the log and the receipts' signatures. Offers `heads`, `inspecting`,
`export` and `kept`.
"""
