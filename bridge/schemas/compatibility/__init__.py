"""Whether one schema version may follow another, decided by proof, with an example event for every break."""
