"""Checks of work: what the database says of items against what git says. One file each, registered by name."""
