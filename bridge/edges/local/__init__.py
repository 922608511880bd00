"""What runs on this machine: files, memory, git, the clock and the embedded AWS."""
