"""The build hook: brings the browser libraries into the package. `make assets` does the same."""
