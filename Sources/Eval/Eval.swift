// Replaced by its owner's first landing.
