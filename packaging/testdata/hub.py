"""Uses a JupyterHub as a person would: starts a server, works in it, stops it.

    hub.py TOKEN NAME

Prints "done" at the end.
"""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

token, name = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(method, path, body=None):
    request = urllib.request.Request("http://127.0.0.1:8000" + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": "token " + token, "Content-Type": "application/json"})
    with opener.open(request, timeout=60) as r:
        text = r.read()
        return json.loads(text) if text else None


def until(holds):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.2)
    sys.exit("the hub does not come to it: see its journal")


until(lambda: call("GET", "/hub/api/"))
try:
    call("POST", f"/hub/api/users/{name}")
except urllib.error.HTTPError as refused:
    if refused.code != 409:  # 409: from the last time
        raise
call("POST", f"/hub/api/users/{name}/server")
until(lambda: call("GET", f"/hub/api/users/{name}")["servers"][""]["ready"])
home = f"/user/{name}/api/contents/"
until(lambda: call("GET", home) is not None)
notebook = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
for title in ("thesis.ipynb", "salaries.ipynb"):
    call("PUT", home + title, notebook)
    call("GET", home + title)
call("DELETE", home + "thesis.ipynb")
call("DELETE", f"/hub/api/users/{name}/server")
until(lambda: not call("GET", f"/hub/api/users/{name}")["servers"])
print("done")
