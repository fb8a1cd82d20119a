"""Speech to text with Whisper: what any engine that runs it shares, and the engines."""
