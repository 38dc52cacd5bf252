"""The first page: what is open, what waits, what to do next. It reads and never writes."""
