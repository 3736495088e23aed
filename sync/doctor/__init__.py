"""The doctor: checks of a deployment, one function each, with the remedy for what is wrong.

It may import all below the command line. `examination` runs the checks, `checks` has them.
"""
