"""Play Facebook, Instagram, Threads, YouTube, TikTok, Zalo and Telegram on one port.

Shares no code with the portal: see docs/simulator.md.
"""
