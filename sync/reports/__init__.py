"""What a person is shown, as plain dicts whose keys are stable: `status`, `deletion`.

Stands on the deletions, the mirror and the inbox, and only reads.
"""
