"""Tests of git over all services."""
