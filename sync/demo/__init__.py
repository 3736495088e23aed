"""The demo: the real bridge at work against a simulated Polar, on this machine only.

It may import all below the command line, and the simulator. `story` runs it.
"""
