"""What Tightrope knows and does; start reading at coach.py."""
