"""From a change to finished CloudEvents."""
