"""The database's schema: Alembic migrations for both engines, and moving between databases.

It may import every room's tables. `tables` has them all; `moving` copies a deployment.
"""
