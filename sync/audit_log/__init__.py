"""One log over all deletions: every piece of evidence and every removal, chained by their hashes.

Stands on the store. Offers `queries`, which adds to the log and reads it, and `entry`. What the log
is held against is `sync.auditing`'s.
"""
