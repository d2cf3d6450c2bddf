"""What an artist opens."""

from colorrl.export.reexport import main as main
