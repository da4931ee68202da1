"""What cameras see: frames, lenses, markers, and where the block is. Knows robots, moves none."""
