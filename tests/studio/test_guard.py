"""Who asks from elsewhere, or for what lies elsewhere, gets nothing, and the server lives."""

import pytest

from colorrl.errors import UserError
from colorrl.studio.guard import MOST_BODY, MOST_UPLOAD
from colorrl.studio.listen import check_host
from tests.coloring import save
from tests.studio.conftest import PAGE, Studio, another_at_work

BASE = "http://127.0.0.1:8766"
JSON = {"Content-Type": "application/json"}
TOKEN = "0123456789abcdef0123"


def everything(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8766"},
        {"Host": "127.0.0.1.evil.example:8766"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_other_sites_are_refused(studio, headers):
    """They neither read nor write. Seen to fail without the guard."""
    before = everything(studio.source)
    said = {"act": "color", "regions": [2], "colour": "#ff0000", "version": studio.version}
    for method, path, more in (
        ("GET", "/", {}),
        ("GET", "/api/folder", {}),
        ("GET", f"/api/page?page={PAGE}", {}),
        ("POST", f"/api/act?page={PAGE}", {"json": said}),
        ("POST", "/api/start", {"json": {"work": "color", "pages": ["web.webp"]}}),
    ):
        answer = studio.client.request(method, path, headers=headers, **more)
        assert answer.status_code == 403 and answer.json().keys() == {"error"}
    assert everything(studio.source) == before


def test_a_tunnel_and_the_page_itself_may_ask(studio):
    """Seen to fail with the host alone that the server listens at."""
    for host in ("localhost:1234", "127.0.0.1", "[::1]:8766"):
        own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert studio.client.get("/api/folder", headers=own).status_code == 200


def test_a_form_of_another_site_is_refused(studio):
    """Seen to fail with bodies of any kind."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        path, head = f"/api/act?page={PAGE}", {"Content-Type": kind}
        assert studio.client.post(path, content=b"{}", headers=head).status_code == 415


@pytest.mark.parametrize(
    "name",
    ["../secret.png", "/etc/passwd", "..\\secret.png", "", "x\0.png", "link.png", "a" * 9000],
)
def test_nothing_outside_the_folder_is_read(studio, tmp_path, name):
    """Nor through a link, of a page or of its results. Seen to fail without `_check_inside`."""
    secret = save(tmp_path / "secret.png")
    (studio.source / "link.png").symlink_to(secret)
    for path in ("page", "ids", "line", "thumb", "version", "file"):
        answer = studio.client.get(f"/api/{path}", params={"page": name, "ending": ".flats.png"})
        assert answer.status_code in (400, 404) and answer.json()["error"]
    listed = studio.client.get("/api/folder").json()["pages"]
    assert {p["page"]: p["state"] for p in listed}["link.png"] == "refused"


def test_results_that_are_links_are_refused(studio, tmp_path):
    """Seen to fail with sketches alone being looked at."""
    path = studio.stem.parent / "photo.jpg.regions.json"
    moved = tmp_path / "moved.json"
    path.rename(moved)
    path.symlink_to(moved)
    assert studio.send("color", regions=[2], colour="#ff0000")[0] == 400
    assert path.is_symlink() and studio.client.get("/api/folder").status_code == 200


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/server.py",
                                  "/static//etc/passwd", "/api/../../etc/passwd"])  # fmt: skip
def test_no_other_file_is_served(studio, path):
    assert studio.client.get(path).status_code == 404


@pytest.mark.parametrize(
    "said",
    [
        {"act": "color", "regions": [10**9], "colour": "#ff0000"},
        {"act": "color", "regions": [-1], "colour": "#ff0000"},
        {"act": "color", "regions": ["2"], "colour": "#ff0000"},
        {"act": "color", "regions": [True], "colour": "#ff0000"},
        {"act": "color", "regions": {"2": 1}, "colour": "#ff0000"},
        {"act": "color", "regions": [2] * 10**4, "colour": "#ff0000"},
        {"act": "color", "regions": [2], "colour": "red; }"},
        {"act": "color", "regions": [2], "colour": 7},
        {"act": "lock", "regions": [2], "locked": "yes"},
        {"act": "palette", "entries": [{"colour": None}]},
        {"act": "palette", "entries": [{"colour": "#ff0000", "name": 3}]},
        {"act": "palette", "entries": "#ff0000"},
        {"act": "split", "stroke": [[0, 0]]},
        {"act": "split", "stroke": [[0, "x"], [1, 1]]},
        {"act": "split", "stroke": [[float("1e308"), -1e308], [1e300, 0]]},
        {"act": "split", "stroke": [[0, 0]] * 10**4},
        {"act": "join", "regions": [2]},
        {"act": "join", "regions": [2, 2]},
        {"act": "__class__"},
        {"act": ["color"]},
        {},
    ],
    ids=lambda said: str(said)[:60],
)
def test_what_is_no_act_changes_nothing(studio, said):
    """Each with a reason. Seen to fail with ids that are looked up unchecked."""
    before = everything(studio.source)
    answer = studio.client.post(f"/api/act?page={PAGE}", json=said | {"version": studio.version})
    assert answer.status_code == 400 and answer.json()["error"]
    assert everything(studio.source) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 10**5, b"1"])
def test_what_is_no_json_is_refused(studio, body):
    """Seen to fail with JSON that is no object."""
    for path in (f"/api/act?page={PAGE}", "/api/start", "/api/cancel"):
        assert studio.client.post(path, content=body, headers=JSON).status_code == 400


def test_bodies_are_bounded(studio):
    """By their announced length and by what comes. Seen to fail with the header alone."""
    path = f"/api/act?page={PAGE}"
    big = JSON | {"Content-Length": str(2**30)}
    assert studio.client.post(path, content=b"{}", headers=big).status_code == 413

    def endless():
        for _ in range(2 * MOST_BODY // 2**16):
            yield b" " * 2**16

    assert studio.client.post(path, content=endless(), headers=JSON).status_code == 413
    for length in ("-1", "x", str(MOST_UPLOAD + 1)):
        head = {"Content-Type": "application/octet-stream", "Content-Length": length}
        assert studio.client.post("/api/upload", content=b"", headers=head).status_code == 413
    assert studio.client.get("/api/folder").status_code == 200


def test_others_need_the_token(studio):
    """Seen to fail with a token that is asked for on the first page alone."""
    for host in ("0.0.0.0", "192.168.0.7", "::"):
        with pytest.raises(UserError, match="token="):
            check_host(host, None)
        check_host(host, TOKEN)
    with pytest.raises(UserError, match="16 letters"):
        check_host("0.0.0.0", "short")
    check_host("::1", None)
    client = Studio(studio.source, host="0.0.0.0", token=TOKEN).client
    head = {"Host": "studio.local:8766"}
    for path in ("/", "/api/folder", "/static/main.js", "/?token=wrong"):
        assert client.get(path, headers=head).status_code == 401
    answer = client.get(f"/?token={TOKEN}", headers=head, follow_redirects=False)
    assert answer.status_code == 303 and "SameSite=Strict" in answer.headers["set-cookie"]
    head["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
    assert client.get("/api/folder", headers=head).status_code == 200
    assert client.get("/api/folder", headers=head | {"Origin": "http://evil"}).status_code == 403


def test_a_command_at_work_is_waited_for(studio):
    """Another process has the folder's lock. Seen to fail with a lock that nobody takes."""
    with another_at_work(studio.output / ".colorize"):
        status, said = studio.send("color", regions=[2], colour="#ff0000")
    assert status == 423 and "at work" in said["error"]
    studio.act("color", regions=[2], colour="#ff0000")
