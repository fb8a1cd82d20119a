"""Media files on their way to samples. Needs PyAV, so only workers import it."""
