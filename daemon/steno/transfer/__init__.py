"""Bytes of models: fetched, checked, unpacked. Runs in workers, never in the daemon."""
