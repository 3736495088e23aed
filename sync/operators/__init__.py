"""Who did what: to deletions, which have it in their evidence too, to dead letters, by the pause.

Stands on the store. Offers `actions`: `note` one, in the transaction that does it, and `newest`;
`sessions`: which have logged out.
"""
