"""The shell, the worker, health: what a browser and a machine ask for."""

import gzip
import re

import brotli


def test_the_shell_allows_its_import_map_by_hash_and_nothing_inline(client):
    answer = client.get("/app/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert re.search(r"script-src 'self' 'sha256-[A-Za-z0-9+/=]{44}'", policy)
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")


def test_only_the_app_shows_pictures_out_of_its_own_memory(client):
    policies = [client.get(address).headers["Content-Security-Policy"] for address in ("/app/", "/sign-in")]
    assert [re.search(r"img-src ([^;]+)", policy)[1] for policy in policies] == ["'self' data: blob:", "'self' data:"]


def test_any_place_in_the_app_is_the_shell(client):
    assert client.get("/app/job/7").data == client.get("/app/").data


def test_the_worker_names_the_build(app, client):
    answer = client.get("/app/sw.js")
    build = app.extensions["assets"].build
    assert answer.text == f'import "/static/{build}/js/sw/service-worker.js";\n'
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.mimetype == "text/javascript"


def test_a_worker_switched_off_is_another_worker_and_the_page_asks_for_none(app, client):
    app.config["SERVICE_WORKER"] = False
    answer = client.get("/app/sw.js")
    (address,) = re.findall(r'^import "(.+)";$', answer.text.strip())
    assert address.endswith("/js/sw/off.js")
    assert client.get(address).status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert 'data-worker="off"' in client.get("/app/").text
    app.config["SERVICE_WORKER"] = True
    assert "data-worker" not in client.get("/app/").text


def test_everything_that_is_precached_is_there(app, client):
    build = app.extensions["assets"].build
    precache = client.get(f"/static/{build}/precache.json").json
    assert precache["build"] == build
    assert len(precache["urls"]) > 10
    for url in [*precache["urls"], precache["shell"]]:
        assert client.get(url).status_code == 200, url


def test_another_build_is_gone(app, client):
    build = app.extensions["assets"].build
    assert client.get(f"/static/{build}/css/phone.css").status_code == 200
    assert client.get("/static/000000000000/css/phone.css").status_code == 404
    assert client.get(f"/static/{build}/../wsgi.py").status_code == 404


def test_files_are_sent_small_and_kept_for_good(app, client):
    url = app.extensions["assets"].url("vendor/lit.js")
    zipped = client.get(url, headers={"Accept-Encoding": "gzip"})
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    dense = client.get(url, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (zipped.headers["Content-Encoding"], dense.headers["Content-Encoding"]) == ("gzip", "br")
    assert brotli.decompress(dense.data) == gzip.decompress(zipped.data) == plain.data
    assert len(dense.data) < len(zipped.data) < len(plain.data)
    assert "immutable" in zipped.headers["Cache-Control"]


def test_the_app_can_be_installed(client):
    manifest = client.get("/app/manifest.webmanifest").json
    assert manifest["start_url"] == manifest["scope"] == "/app/"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).data[:4] == b"\x89PNG"


def test_it_says_that_it_lives_and_that_it_is_ready(client):
    assert client.get("/livez").text == "ok\n"
    ready = client.get("/readyz").json
    assert ready["ok"], ready
    assert ready["checks"]["schema"]["found"]


def test_it_is_not_ready_when_the_media_folder_cannot_be_written(app, client):
    app.config["DATA_DIR"] = app.config["DATA_DIR"] / "gone"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json["checks"]["media"]["ok"]


def test_there_is_no_certificate_unless_it_is_set(app, client, tmp_path):
    assert client.get("/ca.crt").status_code == 404
    (tmp_path / "ca.pem").write_text("certificate")
    app.config["CA_FILE"] = str(tmp_path / "ca.pem")
    assert client.get("/ca.crt").data == b"certificate"


def test_the_shell_is_sent_small(client):
    zipped = client.get("/app/", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["Vary"]
    assert gzip.decompress(zipped.data) == client.get("/app/", headers={"Accept-Encoding": "identity"}).data
