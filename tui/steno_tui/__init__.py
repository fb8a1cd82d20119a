"""The `steno` command: everything a person does with Steno in a terminal."""
