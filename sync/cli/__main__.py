"""`python -m sync.cli`: the command line."""

from sync.cli.main import main

main()
