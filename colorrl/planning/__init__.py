"""Planning with the denoiser as a known model of its own steps: searches that a reward guides."""
