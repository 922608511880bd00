"""``schema check``: whether a new version breaks a subscriber."""
