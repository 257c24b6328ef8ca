"""What each kind of value makes of a call, an attribute, an item or a loop."""
