"""Whether any value satisfies some schemas and refuses others, and which: the search for counterexamples."""
