"""Starts a real Jupyter Server that logs its events, uses it for a while, stops it.

    drive.py DIR rotating|timed|watched|plain ROUNDS

Run by the Python that has jupyter_server. DIR/log/events.log* is what an agent follows; DIR/all/all.log has the same
events in one file that is never rotated; DIR/server.out is the server's own log. "ready" is printed when the server
answers, "done" when it has ended by itself.
"""
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"
KERNELS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"

HANDLERS = {
    "rotating": "logging.handlers.RotatingFileHandler(log, maxBytes=8000, backupCount=3)",
    "timed": "logging.handlers.TimedRotatingFileHandler(log, when='S', interval=2, backupCount=30)",
    "watched": "logging.handlers.WatchedFileHandler(log)",
    "plain": "logging.FileHandler(log)",
}

CONFIG = """\
import logging.handlers
log = {log!r}
c = get_config()  # noqa: F821
c.EventLogger.handlers = [{handler}, logging.FileHandler({all!r})]
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = {port}
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.allow_root = True
c.ServerApp.root_dir = {files!r}
c.IdentityProvider.token = {token!r}
"""


class Server:
    def __init__(self, top, kind):
        self.top = top
        self.log = os.path.join(top, "log", "events.log")
        for name in ("log", "all", "config", "files", "home", "runtime"):
            os.makedirs(os.path.join(top, name), exist_ok=True)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.token = secrets.token_hex(16)
        with open(os.path.join(top, "config", "jupyter_server_config.py"), "w") as f:
            f.write(CONFIG.format(log=self.log, handler=HANDLERS[kind], all=os.path.join(top, "all", "all.log"), port=port,
                                  files=os.path.join(top, "files"), token=self.token))
        home = os.path.join(top, "home")
        env = dict(os.environ, HOME=home, JUPYTER_CONFIG_DIR=os.path.join(top, "config"), JUPYTER_DATA_DIR=os.path.join(home, "data"),
                   JUPYTER_RUNTIME_DIR=os.path.join(top, "runtime"), IPYTHONDIR=os.path.join(home, "ipython"))
        self.out = open(os.path.join(top, "server.out"), "w")
        self.process = subprocess.Popen([sys.executable, "-m", "jupyter_server"], env=env, stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=subprocess.STDOUT)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": "token " + self.token, "Content-Type": "application/json"})
        try:
            with self.opener.open(request, timeout=60) as r:
                text = r.read()
        except urllib.error.HTTPError as e:
            text = e.read()
        try:
            return json.loads(text) if text else None
        except ValueError:
            return None

    def wait(self):
        for _ in range(300):
            if self.process.poll() is not None:
                sys.exit("the server ended by itself: see server.out")
            try:
                if self.call("GET", "/api/status"):
                    return
            except OSError:
                pass
            time.sleep(0.2)
        sys.exit("the server did not come up: see server.out")

    def emit(self, **data):
        """What a front end can do: post an event of its own."""
        at = data.pop("_at", None)
        body = {"schema_id": CONTENTS, "version": "1", "data": data}
        if at:
            body["timestamp"] = at
        self.call("POST", "/api/events", body)


def contents(path):
    return "/api/contents/" + urllib.parse.quote(path)


def use(s, folder):
    """A person's work, once through."""
    notebook = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
    s.call("PUT", contents(folder), {"type": "directory"})
    s.call("GET", contents(""))
    untitled = s.call("POST", contents(folder), {"type": "notebook"})["path"]
    for name in ("model.ipynb", "two words.ipynb", "Übung ∑.ipynb", "実験.ipynb", "rocket 🚀.ipynb", 'so "quoted".ipynb', "back\\slash.ipynb"):
        s.call("PUT", contents(f"{folder}/{name}"), notebook)
        s.call("GET", contents(f"{folder}/{name}"))
    s.call("PUT", contents(f"{folder}/notes.txt"), {"type": "file", "format": "text", "content": "hello\n"})
    s.call("PATCH", contents(untitled), {"path": f"{folder}/renamed à.ipynb"})
    s.call("POST", contents(folder), {"copy_from": f"{folder}/model.ipynb"})
    s.call("POST", contents(f"{folder}/model.ipynb") + "/checkpoints")
    s.call("GET", contents(f"{folder}/missing.ipynb"))
    s.call("DELETE", contents(f"{folder}/notes.txt"))
    s.call("DELETE", contents(f"{folder}/two words.ipynb"))
    kernel = s.call("POST", "/api/kernels", {"name": "python3", "path": folder})
    if kernel and "id" in kernel:
        s.call("POST", f"/api/kernels/{kernel['id']}/interrupt")
        s.call("POST", f"/api/kernels/{kernel['id']}/restart")
        s.call("DELETE", f"/api/kernels/{kernel['id']}")
    s.call("POST", "/api/kernels", {"name": "no-such-kernel"})


def forge(s, folder):
    """Events of a front end's own, most of which lie about what they are. The server logs all but the last two."""
    s.emit(action="get", path=f"{folder}/from-front-end.ipynb")
    s.emit(action="save", path="own-clock.ipynb", extra={"a": [1, None, 2.5]}, _at="2024-02-29T10:00:00+02:00Z")
    s.emit(action="save", path="forged-time.ipynb", __timestamp__="yesterday", __metadata_version__=99)
    s.emit(action="save", path="forged-schema.ipynb", __schema__=KERNELS, __schema_version__="7")
    s.emit(action="save", path="forged-kernel.ipynb", __schema__=KERNELS)
    s.emit(action="save", path="forged-trust.ipynb", message="taken off by the server", taskName="kept?", __trusted__=True, __event_id__="0" * 32)
    s.emit(action="save", path="forged-unknown.ipynb", __schema__="https://example.org/unknown")
    s.emit(action="chmod", path="refused.ipynb")


def main():
    top, kind, rounds = os.path.abspath(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    s = Server(top, kind)
    try:
        s.wait()
        print("ready", flush=True)
        for r in range(rounds):
            use(s, f"run{r}")
            forge(s, f"run{r}")
            if kind == "watched" and r % 2 == 1:
                os.rename(s.log, f"{s.log}.moved{r}")
            time.sleep(0.2)
        s.call("POST", "/api/shutdown")
        s.process.wait(30)
        print("done", flush=True)
    finally:
        if s.process.poll() is None:
            s.process.kill()
            s.process.wait()


main()
