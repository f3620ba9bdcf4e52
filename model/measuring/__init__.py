"""The year's measures: passes over people, and the tables of redistribution, protection and balance made from them."""
