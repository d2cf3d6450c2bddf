"""The labelling page, over a real socket: what is answered is on the disk before the reply."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from colorrl.errors import UserError
from colorrl.preferences.rankings import read_rankings
from colorrl.preferences.server import Labelling, make_server
from tests.preferences.folders import make_folder

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "순위", 2)


@pytest.fixture
def ask(folder):
    """Asks a server over ``folder``: (path, body=None, headers) -> (status, reply)."""
    server = make_server(Labelling(folder), 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def call(path, body=None, headers=JSON):
        data = None if body is None else json.dumps(body).encode()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        request = urllib.request.Request(url, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                content, kind = reply.read(), reply.headers["Content-Type"]
                return reply.status, json.loads(content) if kind == "application/json" else content
        except urllib.error.HTTPError as fault:
            return fault.code, json.loads(fault.read())

    yield call
    server.shutdown()
    server.server_close()


def test_answers_are_saved_one_by_one_and_a_new_server_goes_on(ask, folder):
    """Seen to fail with answers that are not written when they come."""
    status, state = ask("/state")
    assert status == 200 and (state["done"], state["of"], state["id"]) == (0, 2, "000000")
    assert len(state["colourings"]) == 3 and state["palette"] == ["#ff0000"]
    _, state = ask("/answer", {"id": "000000", "order": [1, 2, 0]})
    assert (state["done"], state["id"]) == (1, "000001")
    first, second = read_rankings(folder)
    assert first.order == (1, 2, 0) and first.by == "person" and second.order is None
    assert Labelling(folder).state()["id"] == "000001"
    _, state = ask("/answer", {"id": "000001", "order": []})
    assert state == {"done": 2, "of": 2}
    assert [q.ranked for q in read_rankings(folder)] == [True, False]


def test_undo_opens_the_question_before(ask, folder):
    ask("/undo", {})  # there is none: nothing happens
    ask("/answer", {"id": "000000", "order": [0, 1, 2]})
    assert ask("/undo", {})[1]["id"] == "000000"
    assert [q.order for q in read_rankings(folder)] == [None, None]
    for name in ("000000", "000001"):
        ask("/answer", {"id": name, "order": [0, 1, 2]})
    assert ask("/undo", {})[1]["id"] == "000001"  # from the end too


@pytest.mark.parametrize(
    "body",
    [
        {"id": "000009", "order": [0, 1, 2]},
        {"id": "000000", "order": [0, 1]},
        {"id": "000000", "order": "best"},
        {"id": "000000"},
        {},
        [1],
        {"id": "0" * 9999},
    ],
)
def test_an_answer_that_is_none_changes_nothing(ask, folder, body):
    before = (folder / "rankings.jsonl").read_bytes()
    status, said = ask("/answer", body)
    assert status == 400 and said["error"]
    assert (folder / "rankings.jsonl").read_bytes() == before


def test_only_what_a_question_shows_is_served(ask):
    assert ask("/images/000000-0.png")[1].startswith(b"\x89PNG")
    assert b"<!doctype html>" in ask("/")[1]
    for path in ("/config.yaml", "/rankings.jsonl", "/../x", "/images/../rankings.jsonl"):
        assert ask(path)[0] == 404


def test_other_sites_can_neither_read_nor_answer(ask, folder):
    """A name of theirs that resolves to this machine, or a form that posts here."""
    before = (folder / "rankings.jsonl").read_bytes()
    answer = {"id": "000000", "order": [0, 1, 2]}
    assert ask("/state", headers={"Host": "evil.example:80"})[0] == 403
    assert ask("/answer", answer, {**JSON, "Host": "evil.example:80"})[0] == 403
    assert ask("/answer", answer, {"Content-Type": "text/plain"})[0] == 403
    assert (folder / "rankings.jsonl").read_bytes() == before


def test_a_port_that_is_taken_is_refused(folder):
    server = make_server(Labelling(folder), 0)
    with pytest.raises(UserError, match=r"port=\d+.*another port"):
        make_server(Labelling(folder), server.server_port)
    server.server_close()
    with pytest.raises(UserError, match="port=99999"):
        make_server(Labelling(folder), 99999)
