"""From a formula and columns to arrays, and a recipe that replays on new rows."""
