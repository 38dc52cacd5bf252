"""Checks of the workspace as a whole, its files, its database and this machine: one file each, registered by name."""
