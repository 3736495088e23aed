"""What processes count for `/metrics`: `current` counts, `catalogue` has all that is measured.

Stands on the store. Offers `recording.recording`, which counts while a process runs, and `queries`.
"""
