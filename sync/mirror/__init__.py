"""The mirror: Polar's objects as last observed, and how two observations become one.

It imports the store and the foundation, and never asks Polar. It offers `kinds` (the one table of
what is mirrored), `objects`, `reading` and `merge` (pure), `stored` and `rows` (the tables).
"""
