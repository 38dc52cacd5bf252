"""Hosts: the machines that services run on, and how to reach them.

A host is this machine, or one that is reached by ssh with the person's own configuration, keys and jump hosts. It is enrolled once
it was reached: its key is pinned then. A check says what it lacks, with the command that mends it; what it found out are the facts.
"""
