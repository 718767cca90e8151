"""The leak check: pure functions that find in Vietnamese text what may not be published."""
