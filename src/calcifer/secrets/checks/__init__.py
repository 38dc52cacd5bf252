"""What `calcifer doctor` looks at of secrets."""
