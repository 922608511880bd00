"""Every AWS call passes here: what its answers and errors mean, decided once for all edges."""
