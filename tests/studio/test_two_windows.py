"""Two windows at once, and servers that are killed: the end is a serial order of the acts."""

import json
import random
import shutil
import threading
import urllib.error
import urllib.request
from http.client import HTTPException
from json import JSONDecodeError
from pathlib import Path
from urllib.parse import quote

import pytest

from colorrl.studio.history import History
from tests.studio.chromium import Server
from tests.studio.conftest import PAGE, PATIENCE, SERVE, Studio

# a server that is killed within the n-th write, n its fourth word; 0 = never
MORTAL = f"""
import os, signal, sys
from pathlib import Path
left = int(sys.argv[4])
def mortal(work):
    def done(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*args, **kwargs)
    return done
os.fsync, os.replace = mortal(os.fsync), mortal(os.replace)
Path.write_bytes = mortal(Path.write_bytes)
{SERVE}"""
COLORS = ["#ff0000", "#00ff00", "#0000ff", "#ffffff", None]


def act_of(dice, rows):
    """Some act on a page of ``rows``; not every one can be done."""
    ids = sorted(map(int, rows))
    one, some = dice.choice(ids), dice.sample(ids, min(2, len(ids)))
    return dice.choice(
        [
            {"act": "color", "regions": [one], "colour": dice.choice(COLORS)},
            {"act": "color", "regions": some, "colour": dice.choice(COLORS)},
            {"act": "color_all", "from": rows[str(one)]["colour"], "colour": dice.choice(COLORS)},
            {"act": "lock", "regions": [one], "locked": dice.random() < 0.2},
            {"act": "join", "regions": some},
            {"act": "split", "stroke": [[dice.randrange(100), 0], [dice.randrange(100), 99]]},
            {"act": "palette", "entries": [{"colour": "#123456", "name": "이름"}]},
            {"act": "undo"},
            {"act": "redo"},
        ]
    )


def replayed(studio, blank, history):
    """The files that the lines of ``history`` give one after another, in a new folder."""
    other = Studio(blank)
    other.view()
    for line in history.lines[1:]:
        patch, forward = history.patch_of(line)
        page = other.page_at_work()
        page._write({k: v for k, v in line.items() if k not in ("before", "after")}, patch, forward)
    return other.files()


@pytest.mark.parametrize("each", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_two_windows_end_in_a_serial_order(studio, colored, tmp_path, each):
    """Every act that was answered is in the history, in an order, and the files are what this order
    gives. Seen to fail with versions that are not checked: acts then see areas that are gone."""
    answered, refused, faults = [], [], []
    both = threading.Barrier(2)  # both have seen the same version: one of them comes too late

    def window(seed):
        dice, own = random.Random(seed), Studio(studio.source)
        own.client = studio.client
        rows = own.view()["rows"]
        both.wait()
        while len([n for n, _ in answered if n == seed]) < each:
            status, said = own.send(**act_of(dice, rows))
            if status == 200:
                answered.append((seed, said["version"]))
                if said["repainted"] or said["version"] != own.version + 1:
                    rows = own.view()["rows"]
                own.version = said["version"]
                rows |= {r: row for r, row in said["rows"].items() if row}
            else:
                refused.append(status)
                if status not in (400, 409):
                    return faults.append(said)
                rows = own.view()["rows"]

    windows = [threading.Thread(target=window, args=(seed,)) for seed in (1, 2)]
    [w.start() for w in windows]
    [w.join() for w in windows]
    assert not faults and 409 in refused
    history = History(studio.output / ".studio" / f"{PAGE}.jsonl")
    assert max(version for _, version in answered) == history.version
    blank = Path(shutil.copytree(colored, tmp_path / "blank"))
    assert replayed(studio, blank, history) == studio.files()
    assert studio.again().files() == studio.files()


@pytest.mark.slow
def test_a_killed_server_loses_nothing_and_leaves_nothing_half(studio):
    """20 kills: within the n-th write of a server, its recovery counted in, and between two acts.
    What was answered is there; at most the act that was under way is besides. Seen to fail with an
    answer before the history is written, and without `OpenPage._finish`."""
    dice, answered = random.Random(0), 0
    for kill in range(20):
        within = kill % 3 < 2
        server = Server(studio.source, str(kill + 1 if within else 0), code=MORTAL)
        version, acts = studio.version, 0
        try:
            view = asked(server, f"api/page?page={quote(PAGE)}")
            version, rows = view["version"], view["rows"]
            while within or acts < 2:
                said = act_of(dice, rows) | {"version": version}
                try:
                    version = asked(server, f"api/act?page={quote(PAGE)}", said)["version"]
                except urllib.error.HTTPError:
                    continue
                rows = asked(server, f"api/page?page={quote(PAGE)}")["rows"]
                acts += 1
        except (OSError, HTTPException, JSONDecodeError):  # it is gone, perhaps within an answer
            assert within
        server.end(kill=True)
        again = studio.again()
        assert again.version in (version, version + 1)
        again.act("color", regions=[1], colour="#010203")
        again.act("undo")
        studio.version = again.version
        record, ids = studio.record["regions"], studio.ids()
        assert sorted(map(int, record)) == list(range(1, ids.max() + 1))
        assert all(row["area"] == (ids == int(r)).sum() for r, row in record.items())
        answered += acts
    assert answered > 30  # the same in every run: nothing here depends on the time


def asked(server, path, said=None):
    body = None if said is None else json.dumps(said).encode()
    head = {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(server.address + path, body, head), timeout=PATIENCE
    ) as answer:
        return json.load(answer)
