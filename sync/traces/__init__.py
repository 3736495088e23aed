"""Traces: what a request and the work that comes of it do, step by step, for OpenTelemetry.

It may import nothing of the bridge. `current` is all that others ask, and all that is loaded where
TRACES is off; `tracing` switches it on.
"""
