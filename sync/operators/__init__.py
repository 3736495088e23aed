"""Who did what to things that have no chain of evidence of their own: dead letters, the pause.

Stands on the store. Offers `actions`: `note` one, in the transaction that does it, and `newest`;
`sessions`: which have logged out.
"""
