"""Checks of repositories as git has them: one file each, registered by name."""
