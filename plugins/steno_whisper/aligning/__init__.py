"""Word times by forced alignment with a wav2vec2 model."""
