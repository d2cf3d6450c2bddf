"""The command line: `colorrl VERB [key=value ...]`, help, and errors in plain words."""
