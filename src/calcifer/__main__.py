"""`python -m calcifer` is `calcifer`."""

from calcifer.cli import main

main()
