"""Tests: a real database file, a real git repository, and fakes for the outside world alone."""
