"""One database: sessions and turns (`database`), facts (`meta`), leaving nothing behind (`vacuum`).

Stands on the foundation only. `sqlite` and `postgresql` alone know an engine; `exclusive` is for
migrations and moving, `retry` for what must not be given up.
"""
