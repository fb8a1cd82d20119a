"""From a recogniser's words to subtitles a person can read: pure functions of plain values."""
