"""Pages of a unit's channels, from the consent to the day on which one is closed, and the platforms' webhooks."""
