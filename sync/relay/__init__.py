"""The relay: sends what is in an outbox table of the app's own PostgreSQL to a bridge.

Stands on settings, signatures and the network; knows nothing of the bridge's own database, so it
runs wherever the app's can be reached. The table is that of `kits/postgresql/outbox.sql`.
"""
