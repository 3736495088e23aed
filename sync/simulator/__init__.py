"""A Polar to try things against: its API, its deletions, its webhooks, and what can go wrong.

It imports nothing else of the bridge, and only the demo, tests and benches import it. It offers
`app` and `server` (to serve it), and `config`. docs/simulator.md describes its control API.
"""
