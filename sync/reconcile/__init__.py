"""Reconciliation: Polar's truth against mirror and deletions; one module a stage.

It imports the deletions, Polar, the mirror and what they stand on. `run` is the whole; its stages
are `listing` (with `cursor`), `compare`, `judge`, `repair`, `otherwise` (for what a list has not
shown), `children`, `owed`, `redeliver` and `report`.
"""
