"""Models: the catalogue, downloads, what is installed. Runs in the daemon."""
