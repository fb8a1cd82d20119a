"""Pictures of Steno live: scenes of fixed data, drawn without a terminal, the same each time."""
