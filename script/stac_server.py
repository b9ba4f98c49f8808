"""A STAC API 1.0 item search and the files behind it, on loopback, with faults to order. Standard library only."""

import datetime
import http.server
import json
import os
import re
import threading
import urllib.parse


class Archive:
    """What the server serves and what it counts; `fault` names what goes wrong next."""

    def __init__(self, root, items, page=2):
        self.root, self.items, self.page = root, items, page
        self.fault, self.left = "", 0
        self.token, self.tokens, self.lifetime = "", 0, 3600
        self.posts = self.gets = self.reads = self.sent = 0
        self.lock = threading.Lock()

    def order(self, fault, count=1 << 30):
        with self.lock:
            self.fault, self.left = fault, count

    def takes(self, fault):
        with self.lock:
            if self.fault != fault or self.left <= 0:
                return False
            self.left -= 1
            return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    @property
    def archive(self):
        return self.server.archive

    def answer(self, status, body, kind="application/geo+json", headers=()):
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    # Item search

    def do_POST(self):
        self.archive.posts += 1
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.archive.takes("no-post"):
            return self.answer(405, b"no")
        self.search(body, lambda start: {"rel": "next", "method": "POST", "merge": True,
                                         "href": self.address("/v1/search"), "body": {"token": start}})

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/v1/search":
            self.archive.gets += 1
            fields = dict(urllib.parse.parse_qsl(query))
            fields["bbox"] = [float(value) for value in fields["bbox"].split(",")]
            return self.search(fields, lambda start: {
                "rel": "next", "href": "/v1/search?" + urllib.parse.urlencode(
                    {**fields, "bbox": ",".join(map(str, fields["bbox"])), "token": start})})
        if path.startswith("/api/sas/v1/token/"):
            return self.hand_out()
        if self.archive.token and query != self.archive.token:
            return self.answer(403, b"no token, or an old one", "text/plain")
        self.file(path)

    def hand_out(self):
        """A token as the Planetary Computer gives them; the ones before it are worth nothing."""
        self.archive.tokens += 1
        self.archive.token = f"sv=2024&sig=secret%2B{self.archive.tokens}%3D"
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.archive.lifetime)
        body = {"msft:expiry": end.strftime("%Y-%m-%dT%H:%M:%SZ"), "token": self.archive.token}
        self.answer(200, json.dumps(body).encode(), "application/json")

    do_HEAD = do_GET

    def address(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def search(self, fields, link):
        if self.archive.takes("busy"):
            return self.answer(503, b"later")
        if self.archive.takes("html"):
            return self.answer(200, b"<html>sign in</html>", "text/html")
        if self.archive.takes("flood"):
            return self.answer(200, b" " * (65 << 20))
        if self.archive.takes("redirects"):
            return self.answer(302, b"", headers=[("Location", self.address("/v1/search"))])
        west, south, east, north = fields["bbox"]
        first, last = fields["datetime"].split("/")
        found = [item for item in self.archive.items
                 if item["bbox"][0] <= east and item["bbox"][2] >= west
                 and item["bbox"][1] <= north and item["bbox"][3] >= south
                 and first <= item["properties"]["datetime"] <= last]
        start = 0 if self.archive.takes("loop") else int(fields.get("token", 0))
        page = found[start:start + self.archive.page]
        links = [link(start + self.archive.page)] if start + self.archive.page < len(found) else []
        body = {"type": "FeatureCollection", "features": page, "links": links}
        self.answer(200, json.dumps(body).encode())

    # Files, with ranges

    def file(self, path):
        name = os.path.normpath(self.archive.root + urllib.parse.unquote(path))
        if not name.startswith(self.archive.root + "/") or not os.path.isfile(name):
            return self.answer(404, b"no such file", "text/plain")
        if self.command == "GET" and self.archive.takes("busy-files"):
            return self.answer(503, b"later", "text/plain")
        size = os.path.getsize(name)
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start = int(span[1]) if span else 0
        end = min(int(span[2]) if span and span[2] else size - 1, size - 1)
        with open(name, "rb") as file:
            file.seek(start)
            body = file.read(max(0, end - start + 1))
        headers = [("Accept-Ranges", "bytes")]
        if span:
            headers.append(("Content-Range", f"bytes {start}-{end}/{size}"))
        if self.command == "GET":
            self.archive.reads += 1
            self.archive.sent += len(body)
        if self.command == "GET" and self.archive.takes("cut"):
            self.send_response(206 if span else 200)
            for key, value in [("Content-Length", str(len(body))), *headers]:
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        if self.command == "HEAD":
            body = b"\0" * (size if not span else len(body))
        self.answer(206 if span else 200, body, "image/tiff", headers)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up, or was killed, is part of the test."""


def serve(archive):
    """Starts a server on a free port of loopback; gives it back."""
    server = Server(("127.0.0.1", 0), Handler)
    server.archive = archive
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
