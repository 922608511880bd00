"""What all commands share: output, options, progress and signals."""
