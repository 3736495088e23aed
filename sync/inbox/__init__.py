"""Every signed event, durably and once: `group_commit` takes it, `announcements` tells of it.

Stands on the store. Others ask by `queries`; `retention` is what goes with time.
"""
