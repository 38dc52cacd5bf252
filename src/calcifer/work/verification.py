"""STUB."""


def verdict(db, service, tree, command):
    raise AssertionError
