"""One module for each way to bring shipped files into service."""
