"""The command line, a module for each group of commands: it prints, asks and sets exit codes.

It may import everything but `app`, and is imported by nothing. `main` is the entry point.
"""
