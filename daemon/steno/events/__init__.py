"""Live events: from a commit to every subscriber, encoded once."""
