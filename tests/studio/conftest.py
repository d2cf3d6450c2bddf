"""A studio over four sketches, with a generator of hashes, asked as the page asks it."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient

from colorrl.studio.desk import Desk
from colorrl.studio.folder import Folder
from colorrl.studio.painter import Painter
from colorrl.studio.server import app_of
from colorrl.studio.tasks import Tasks
from tests.coloring import SETTINGS, HashGenerator, four_sketches

SEVERAL = replace(SETTINGS, samples=4)
PATIENCE = 600  # s: what does not end, fails; how long it takes does not matter

PAGE, OTHER = "ep(1)/photo.jpg", "얼굴.png"

# `colorrl studio` with a generator of hashes: the network is not what is killed here
SERVE = """
import sys
from pathlib import Path
from colorrl.studio.listen import listen
from tests.studio.conftest import studio_over
desk, app = studio_over(Path(sys.argv[1]))
listen(app, "127.0.0.1", 0, greeting=lambda place: print("colour at", place, flush=True))
"""


def studio_over(source: Path, **options):
    """The desk and the application over a folder of sketches, with a generator of hashes."""
    folder = Folder(source, source / "coloured")
    painter = Painter(HashGenerator(), SETTINGS, SEVERAL, torch.device("cpu"))
    desk = Desk(folder)
    return desk, app_of(desk, Tasks(folder, painter), **options)


class Studio:
    """A server and what a page remembers of it."""

    def __init__(self, source: Path, page: str = PAGE, **options):
        self.source, self.output, self.page = source, source / "coloured", page
        self.desk, app = studio_over(source, **options)
        self.client = TestClient(app, base_url="http://127.0.0.1:8766")
        self.version = None

    def view(self):
        found = self.client.get("/api/page", params={"page": self.page}).json()
        self.version = found.get("version")
        return found

    def rows(self):
        return {int(region): row for region, row in self.view()["rows"].items()}

    def send(self, act, **said):
        """Status and answer of an act by one who has seen the last version that it knows."""
        body = {"act": act, "version": self.version} | said
        answer = self.client.post("/api/act", params={"page": self.page}, json=body)
        return answer.status_code, answer.json()

    def act(self, act, **said):
        """An act that must succeed."""
        status, found = self.send(act, **said)
        assert status == 200, found
        self.version = found["version"]
        return found

    def work(self, kind, pages=None, **more):
        said = {"work": kind, "pages": pages or [self.page]} | more
        return self.end_of(self.client.post("/api/start", json=said).json())

    def end_of(self, started):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = self.client.get("/api/work", params={"id": started["id"]}).json()
            if found["ended"]:
                return found
            time.sleep(0.02)
        raise AssertionError("the work does not end")

    def page_at_work(self):
        """The server's own page."""
        return self.desk.folder.page(self.page)

    @property
    def stem(self):
        return self.output / self.page.removesuffix(".png")

    @property
    def record(self):
        return json.loads(Path(f"{self.stem}.regions.json").read_text("utf-8"))

    def files(self):
        """The bytes of the page's files."""
        return [Path(f"{self.stem}.regions.{ending}").read_bytes() for ending in ("json", "png")]

    def ids(self):
        with Image.open(f"{self.stem}.regions.png") as image:
            return np.asarray(image).astype(int) @ (65536, 256, 1)

    def again(self):
        """A new server over the same folder."""
        other = Studio(self.source, self.page)
        other.view()
        return other


@contextmanager
def another_at_work(place: Path):
    """Another process holds the lock of the folder ``place``."""
    code = (
        "import sys; from pathlib import Path; from colorrl.run.lock import alone\n"
        "with alone(Path(sys.argv[1])): print('at work', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert holder.stdout.readline() == b"at work\n"
    yield
    holder.communicate()


@pytest.fixture(scope="session")
def colored(tmp_path_factory):
    """A folder of four pages of which two are coloured, to be copied."""
    made = Studio(four_sketches(tmp_path_factory.mktemp("studio") / "그림"))
    end = made.work("color", [PAGE, OTHER])
    assert not end["failed"]
    return made.source


@pytest.fixture
def studio(tmp_path, colored):
    """A server over a copy of ``colored``."""
    made = Studio(Path(shutil.copytree(colored, tmp_path / "그림")))
    made.view()
    return made


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One Chromium for all tests. Servers have ports of their own, and so storage of their own."""
    from tests.studio.chromium import Browser  # late: it needs selenium

    made = Browser(tmp_path_factory.mktemp("chromium"))
    yield made
    made.end()


@pytest.fixture
def desk(tmp_path, browser):
    """A browser on `colorrl studio` with the shipped generator."""
    from tests.studio.chromium import Server

    yield from _desk(tmp_path, Server, browser)


@pytest.fixture
def quick_desk(tmp_path, browser):
    """A browser on a server with a generator of hashes, in a thread."""
    from tests.studio.browser_desk import Threaded

    yield from _desk(tmp_path, Threaded, browser)


@pytest.fixture
def mortal_desk(tmp_path, browser):
    """As quick_desk, in a process that can be killed."""
    from tests.studio.chromium import Server

    yield from _desk(tmp_path, partial(Server, code=SERVE), browser)


def _desk(folder, serve, browser):
    from tests.studio.browser_desk import Desk as BrowserDesk

    made = BrowserDesk(folder, serve, browser)
    yield made
    made.end()
