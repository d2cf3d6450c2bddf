"""The page of `colorrl prefer`: what is answered is on the disk before the reply."""

import json
import socket

import pytest
from starlette.testclient import TestClient

from colorrl.errors import UserError
from colorrl.preferences.labeling import Labeling
from colorrl.preferences.rankings import read_rankings
from colorrl.studio.ranking import ranking_app, serve
from tests.preferences.folders import make_folder

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "순위", 2)


@pytest.fixture
def ask(folder):
    """Asks a server over ``folder``: (path, body=None, headers) -> (status, reply)."""
    client = TestClient(ranking_app(Labeling(folder)), base_url="http://127.0.0.1:8765")

    def call(path, body=None, headers=JSON):
        method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
        answer = client.request(method, path, content=data, headers=headers)
        kind = answer.headers["Content-Type"]
        return answer.status_code, answer.json() if kind == "application/json" else answer.content

    return call


def test_answers_are_saved_one_by_one_and_a_new_server_goes_on(ask, folder):
    """Seen to fail with answers that are not written when they come."""
    status, state = ask("/state")
    assert status == 200 and (state["done"], state["of"], state["id"]) == (0, 2, "000000")
    assert len(state["colourings"]) == 3 and state["palette"] == ["#ff0000"]
    _, state = ask("/answer", {"id": "000000", "order": [1, 2, 0]})
    assert (state["done"], state["id"]) == (1, "000001")
    first, second = read_rankings(folder)
    assert first.order == (1, 2, 0) and first.by == "person" and second.order is None
    assert Labeling(folder).state()["id"] == "000001"
    _, state = ask("/answer", {"id": "000001", "order": []})
    assert state == {"done": 2, "of": 2}
    assert [q.ranked for q in read_rankings(folder)] == [True, False]


def test_undo_opens_the_question_before(ask, folder):
    """Seen to fail with an undo that opens none."""
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
    assert ask("/answer", answer, {"Content-Type": "text/plain"})[0] == 415
    assert (folder / "rankings.jsonl").read_bytes() == before


def test_a_port_that_is_taken_is_named(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=r"port=\d+.*another port"):
            serve(Labeling(folder), port, greeting=print)
    with pytest.raises(UserError, match="port=99999"):
        serve(Labeling(folder), 99999, greeting=print)
