"""What would make sense in any other application: database, units of work, git, jobs, web, errors. Knows no domain."""
