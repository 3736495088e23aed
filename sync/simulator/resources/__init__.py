"""Polar's resources, one module each: what its requests may say, its handlers, and its `ROUTES`.

`sync.simulator.api` serves every module here, so a new resource is one new file. They change the
world through `Simulator` only.
"""
