"""What work does outside a unit of work: running verify commands, looking for commits without an item."""
