"""Checks of the catalog: one file each, registered by name (`kit/diagnosis.py`)."""
