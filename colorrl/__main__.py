"""`python -m colorrl VERB`: the same as `colorrl VERB`."""

from colorrl.cli.main import main

main()
