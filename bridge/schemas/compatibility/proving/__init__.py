"""The proof that one schema accepts all that another allows, and the search for a counterexample."""
