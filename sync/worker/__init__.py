"""What runs without being asked: `loop` is the worker, with `schedule` and `retention` in it.

Stands on everything below but the reports. Offers `loop.Worker`.
"""
