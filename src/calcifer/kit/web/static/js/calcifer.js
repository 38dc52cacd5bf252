/* Small conveniences; everything works without them. */
