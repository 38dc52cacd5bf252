"""What brings Calcifer onto machines: image, unit, scripts, and the pages that tell of them."""
