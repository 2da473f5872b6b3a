"""A plain HTTP server that keeps things in memory and in /tmp, and knows nothing of Mayfly.

    mayfly serve --port 8080 --dir examples/serve-python -- python3 server.py
    curl http://127.0.0.1:8080/ http://127.0.0.1:8080/     # one connection: visit 1, visit 2
    curl http://127.0.0.1:8080/                            # another one: visit 1

Started with plain `python3 server.py`, the third visit would be number 3.
"""

import http.server
import pathlib

visits = 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the connection, and with it the machine, between requests

    def do_GET(self):
        global visits
        visits += 1
        notes = pathlib.Path("/tmp/notes.txt")
        with notes.open("a") as file:
            file.write(self.path + "\n")
        body = f"visit {visits}, {len(notes.read_text().splitlines())} notes in /tmp\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    http.server.HTTPServer(("", 8000), Handler).serve_forever()
