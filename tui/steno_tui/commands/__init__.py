"""What each command does; `steno_tui.cli` names the functions."""
