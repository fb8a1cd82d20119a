"""What is shown: one module a screen."""
