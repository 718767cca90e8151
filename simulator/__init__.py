"""Stand-ins for Facebook, Zalo OA and Telegram on one port. Shares no code with the portal: see docs/simulator.md."""
