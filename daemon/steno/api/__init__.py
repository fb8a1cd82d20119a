"""The HTTP interface: handlers parse, call and encode, and do nothing else."""
