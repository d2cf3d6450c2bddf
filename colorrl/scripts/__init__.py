"""One entry point per verb: `main(cfg)` of `colorrl VERB`."""
