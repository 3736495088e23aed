"""What a person or the app is shown, with keys that are stable: `status`, `deletion`, `preview`.

Stands on the deletions, the mirror and the inbox, and only reads.
"""
