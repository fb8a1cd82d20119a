"""SQLite, the only truth. Nothing else imports sqlite3.

Functions of this package's modules take a `Transaction` (one `BEGIN IMMEDIATE` on the writing
thread) or a `Reader` (the reading thread) and hold the SQL they run.
"""
