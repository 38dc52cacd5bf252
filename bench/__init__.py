"""`make bench`: how fast Calcifer is, beside its budget and beside a plain `git` process that does the same in the same run.

Everything happens in a temporary directory and on one core. Two workspaces are made: a large one (10,000 items, 1,000 services, one
repository of 10,000 commits and 1,000 files in which 500 items were completed) and a small one (10 items, 10 services). What only
lists look at, rows of items and services without a repository behind them, is inserted in bulk; the repository is made by `git
fast-import`; its 500 completions, and every item that is measured, are made by the program itself.

Server time is what passes between the first byte of a request reaching the application and the last byte of the answer leaving it,
sign-in included, client and network not. A median counts as missing its budget only where it does so by more than the noise of its
own run: half of what lies between the medians of the run's fifths.
"""
