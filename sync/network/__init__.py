"""The way to others over the network: proxies and certificates, and why nobody was reached.

Stands on nothing. `environment` reads the variables and `failures` tells errors apart; `route` is
what a client of httpx is made with. httpx reads the same variables itself, but some of what they
may hold it cannot read, and then no client can be made at all.
"""
