"""What an instructor reads about a class: one HTML file that needs no network, and the same numbers as CSV and JSON."""
