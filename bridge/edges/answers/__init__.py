"""What the answers of AWS mean, decided once for all edges."""
