"""Steno live: the application that `steno` without a command opens.

feed     one connection to the daemon, everything it tells folded into a `World`
world    that fold, pure
host     what every screen may ask of the application
screens  what is shown, each with its style sheet beside it
widgets  what screens are made of
"""
