"""Rankings of colourings, the page that asks a person for them, the model fitted to them."""
