"""Bus servos in counts: boards, their frames, the wire, and the driver of an arm of them."""
