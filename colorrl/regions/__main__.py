from colorrl.cli import run_verb

run_verb("regions")
