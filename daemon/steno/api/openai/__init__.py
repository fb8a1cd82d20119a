"""The OpenAI audio interface, so that existing clients work unchanged (docs/openai.md)."""
