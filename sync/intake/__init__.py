"""From the inbox to the mirror and the deletions: `apply`, and what it reads on the way.

Stands on the deletions, the mirror and the inbox. `app_events` has an entry for each event of the
app's, `polar_events` reads Polar's webhooks, `event_types` is what a sender needs to know.
"""
