"""The page of today: what a person should know and do, by their positions."""
