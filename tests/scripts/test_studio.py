"""`colorrl studio` says where its page is, opens it, and shares its folder with no other."""

import webbrowser

import pytest

from colorrl.errors import UserError
from colorrl.scripts import studio
from colorrl.scripts.studio import greet, main
from tests.coloring import save
from tests.studio.conftest import another_at_work
from tests.tiny import composed

PLACE = "http://127.0.0.1:8766/"


def config(folder, token=None, *words):
    return composed("studio", f"input={folder}", f"token={token or 'null'}", *words)


@pytest.mark.parametrize("token", [None, "0123456789abcdef"])
def test_the_page_is_named_and_opened(monkeypatch, capsys, tmp_path, token):
    """Seen to fail with an address without its token, and with browser=false that opens it."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    address = PLACE if token is None else f"{PLACE}?token={token}"
    greet(config(tmp_path, token), PLACE)
    assert opened == [address]
    greet(config(tmp_path, token, "browser=false"), PLACE)
    assert opened == [address] and capsys.readouterr().out.split().count(address) == 2


def test_a_second_server_on_a_folder_is_refused(monkeypatch, tmp_path):
    """Before it loads a network. Seen to fail without the lock."""
    monkeypatch.setattr(studio, "painter", lambda cfg: pytest.fail("a network is loaded"))
    save(tmp_path / "얼굴.png")
    with (
        another_at_work(tmp_path / "coloured" / ".studio"),
        pytest.raises(UserError, match="another colorrl studio"),
    ):
        main(config(tmp_path))
