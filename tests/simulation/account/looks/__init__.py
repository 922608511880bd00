"""What an operator looks at when all is calm: verbs that read, held against what the simulation knows."""
