"""The proof that one schema accepts all that another accepts, and the search for a counterexample."""
