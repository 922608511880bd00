"""Commands that read a live stream: run, doctor and demo."""
