// The first file of this target lands with its capability.
