"""The daemon's side of its worker processes: starting, asking, watching and ending them."""
