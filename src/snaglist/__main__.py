"""`python -m snaglist`, the same as the `snaglist` command."""

from snaglist.cli.main import main

main()
