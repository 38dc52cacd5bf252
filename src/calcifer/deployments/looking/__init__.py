"""Looking at a host, adopted or not: what runs there, from which files, and what is wrong with it.

Words: a *stack* is a compose project, or the containers that belong to none; a *problem* has a weight (`bad`: it is broken now,
`warn`: it will hurt one day, `hint`: it could be better), a sentence, and what to do. Nothing on the host is changed.
"""
