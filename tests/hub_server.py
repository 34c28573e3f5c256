"""A small Hugging Face Hub on 127.0.0.1, for the real client to talk to, with faults on demand.

Its repositories are those of :mod:`hub_repository`. Their large files are up- and downloaded at
another host and port, as on the real Hub: a token that arrives there has leaked.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hub_repository import File, Repo

LARGE = (".safetensors", ".png", ".jpg")  # large files by the Hub's default .gitattributes
WRITE, READ, OTHER = "hf_write", "hf_read", "hf_other"  # tokens: user's, read-only, a stranger's
SILENCE = 120.0  # seconds; longer than any client here waits
CODES = {401: None, 403: None, 404: "RepoNotFound", 412: None, 429: None, 500: None, 503: None}


@dataclass
class Fault:
    """What goes wrong: "silent", "drop", "delay", "flip", "cut", "drip", or a status code."""

    kind: str | int
    where: re.Pattern[str]  # of "METHOD /path"
    times: float
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class RecordedRequest:
    storage: bool  # at the host for large files, not at the Hub itself
    method: str
    path: str
    authorization: str | None
    range: str | None


class HubServer:
    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.large: dict[str, bytes] = {}
        self.faults: list[Fault] = []
        self.seen: list[RecordedRequest] = []
        self.full = ""  # if not empty, large files are refused with this message
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._servers = [_Server(self, storage) for storage in (False, True)]
        # Another name for this machine, so that the hosts differ, not only the ports.
        self.url = f"http://127.0.0.1:{self._servers[0].server_port}"
        self.storage_url = f"http://localhost:{self._servers[1].server_port}"
        self.closing = threading.Event()
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.closing.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def new_name(self, stem: str = "digits") -> str:
        """The name of a repository that no test and no cache has used before."""
        return f"user/{stem}-{next(self._numbers)}"

    def add(self, name: str, files: dict[str, bytes], kind: str = "models", **options: Any) -> str:
        """Make a repository, or a further commit in it; returns the commit."""
        with self.lock:
            repo = self.repos.setdefault((kind, name), Repo(**options))
            here = repo.files if repo.refs else {}
            new = {path: self._file(path, content) for path, content in files.items()}
            return repo.commit({**here, **new}, "by the test")

    def _file(self, path: str, content: bytes) -> File:
        file = File(content, path.endswith(LARGE))
        if file.large:
            self.large[file.sha256] = content
        return file

    def repo(self, name: str, kind: str = "models") -> Repo:
        return self.repos[kind, name]

    @contextmanager
    def fault(
        self,
        kind: str | int,
        where: str = "",
        times: float = float("inf"),
        message: str = "",
        headers: dict[str, str] | None = None,
    ) -> Iterator[None]:
        """Something goes wrong with requests whose "METHOD /path" matches, until the block ends."""
        fault = Fault(kind, re.compile(where), times, message, headers or {})
        self.faults.append(fault)
        try:
            yield
        finally:
            self.faults.remove(fault)

    def next_fault(self, request: str) -> Fault | None:
        """The fault that strikes this "METHOD /path", if any; it is used up once."""
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.where.search(request):
                    fault.times -= 1
                    return fault
        return None

    def since(self, mark: int) -> list[RecordedRequest]:
        """The requests after the first `mark`, a length of `seen` taken before."""
        return self.seen[mark:]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: HubServer, storage: bool) -> None:
        self.hub, self.storage = hub, storage
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing: clients close the connection at a fault."""


class _RefusalError(Exception):
    def __init__(self, status: int, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # it would delay each answer by 40 ms
    server: _Server

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 (names of http.server)

    def serve(self) -> None:
        hub = self.server.hub
        url = urlsplit(self.path)
        self.route, self.query = url.path, parse_qs(url.query)
        length = int(self.headers.get("Content-Length") or 0)
        chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        self.body = self._chunks() if chunked else self.rfile.read(length)
        authorization = self.headers.get("Authorization")
        hub.seen.append(
            RecordedRequest(
                self.server.storage,
                self.command,
                unquote(self.path),
                authorization,
                self.headers.get("Range"),
            )
        )
        self.broken: str | None = None
        fault = hub.next_fault(f"{self.command} {unquote(self.path)}")
        if fault is not None:
            if isinstance(fault.kind, int):
                return self._refuse(
                    _RefusalError(fault.kind, CODES[fault.kind], fault.message), fault.headers
                )
            if fault.kind == "silent":
                hub.closing.wait(SILENCE)
                self.close_connection = True
                return None
            if fault.kind == "delay":
                time.sleep(0.5)
            elif fault.kind == "drop" and self.command != "GET":
                self.close_connection = True
                return None
            else:
                self.broken = fault.kind
        try:
            if self.server.storage:
                self._storage()
            else:
                with hub.lock:
                    self._hub()
        except _RefusalError as error:
            self._refuse(error)
        return None

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    # Answers

    def _refuse(self, error: _RefusalError, headers: dict[str, str] | None = None) -> None:
        extra = dict(headers or {})
        if error.code:
            extra["X-Error-Code"] = error.code
        if str(error):
            extra["X-Error-Message"] = str(error)
        self._json({"error": str(error)} if str(error) else {}, error.status, extra)

    def _json(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(value).encode()
        self._send(content, status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        announced = len(content)
        if self.broken == "flip":
            middle = len(content) // 2
            content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        elif self.broken == "cut":
            content = content[: len(content) // 2]
            announced = len(content)
        elif self.broken == "drop":
            content = content[: len(content) // 2]
        self.send_response(status)
        for name, value in {"Content-Length": str(announced), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.broken == "drip":
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server.hub.closing.wait(0.5):
                    break
        else:
            self.wfile.write(content)
        if self.broken == "drop":
            self.wfile.flush()
            self.close_connection = True

    def _content(self, content: bytes, headers: dict[str, str]) -> None:
        """Send a file, or the range of it that the request asks for."""
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if wanted is None:
            return self._send(content, 200, {"Accept-Ranges": "bytes", **headers})
        start, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
        part = content[start : last + 1]
        span = f"bytes {start}-{start + len(part) - 1}/{len(content)}"
        headers = {**headers, "Content-Range": span, "Content-Length": str(len(part))}
        return self._send(part, 206, headers)

    # The host for large files

    def _storage(self) -> None:
        hub, oid = self.server.hub, self.route.rsplit("/", 1)[-1]
        if self.command == "PUT":
            if hashlib.sha256(self.body).hexdigest() != oid:
                raise _RefusalError(400, None, "The content has another hash.")
            hub.large[oid] = self.body
            return self._send(b"", 200, {})
        if oid not in hub.large or self.query.get("signature") != ["good"]:
            raise _RefusalError(403, None, "Bad signature.")
        return self._content(hub.large[oid], {"ETag": f'"{oid}"'})

    # The Hub itself

    def _hub(self) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in (WRITE, READ, OTHER):
            raise _RefusalError(401, None, "Invalid credentials in Authorization header")
        self.token = token
        for pattern, answer in (
            ("/api/whoami-v2", self._whoami),
            ("/api/repos/create", self._create),
            ("/api/validate-yaml", self._validate),
            (r"/api/(models|datasets|spaces)/([^/]+/[^/]+)(/.*)?", self._api),
            (
                r"/(?:(datasets|spaces)/)?([^/]+/[^/]+)\.git/info/lfs/objects/(batch|verify)",
                self._lfs,
            ),
            (r"/(?:(datasets|spaces)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self._resolve),
        ):
            match = re.fullmatch(pattern, self.route)
            if match:
                return answer(*(unquote(group or "") for group in match.groups()))
        raise _RefusalError(404, None, f"No such route: {self.route}")

    def _find(self, kind: str, name: str, *, writing: bool = False) -> Repo:
        repo = self.server.hub.repos.get((kind, name))
        owner = self.token in (WRITE, READ)
        if repo is None or (repo.private and not owner):
            raise _RefusalError(404 if self.token else 401, "RepoNotFound", "Repository not found")
        if writing:
            if not self.token:
                raise _RefusalError(401, None, "Please log in")
            if self.token != WRITE:
                raise _RefusalError(403, None, "You don't have the rights to write here")
        return repo

    def _commit_of(self, repo: Repo, revision: str) -> str:
        commit = repo.find(revision)
        if commit is None:
            raise _RefusalError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def _whoami(self) -> None:
        if not self.token:
            raise _RefusalError(401, None, "Please log in")
        role = "write" if self.token == WRITE else "read"
        token = {"displayName": "test", "role": role}
        self._json({"type": "user", "name": "user", "orgs": [], "auth": {"accessToken": token}})

    def _validate(self) -> None:
        self._json({"errors": [], "warnings": []})

    def _create(self) -> None:
        if not self.token:
            raise _RefusalError(401, None, "Please log in")
        wanted = json.loads(self.body)
        kind = f"{wanted.get('type') or 'model'}s"
        name = f"{wanted.get('organization') or 'user'}/{wanted['name']}"
        url = {"url": f"{self.server.hub.url}/{'' if kind == 'models' else kind + '/'}{name}"}
        if (kind, name) in self.server.hub.repos:
            return self._json({**url, "error": "You already created this repo"}, 409)
        if self.token != WRITE:
            raise _RefusalError(403, None, "You don't have the rights to create this repository")
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        repo = Repo(private=private)
        repo.commit({".gitattributes": File(b"*.png filter=lfs\n", False)}, "initial commit")
        self.server.hub.repos[kind, name] = repo
        return self._json(url)

    def _api(self, kind: str, name: str, rest: str) -> None:
        what, _, argument = rest.strip("/").partition("/")
        writing = self.command in ("POST", "DELETE") and what in ("commit", "tag", "preupload")
        by_request = "create_pr" in self.query
        repo = self._find(kind, name, writing=writing and not by_request)
        if what in ("", "revision"):
            return self._info(repo, name, self._commit_of(repo, argument or "main"))
        if what == "refs":
            return self._refs(repo)
        if what == "tag" and self.command == "POST":
            return self._tag(repo, argument)
        if what == "preupload":
            return self._preupload(repo, argument)
        if what == "commit":
            return self._commit(repo, name, kind, argument)
        files = repo.commits[self._commit_of(repo, argument.split("/")[0] or "main")]
        if what == "tree":
            return self._tree(files, argument.partition("/")[2])
        if what == "paths-info":
            wanted = parse_qs(self.body.decode()).get("paths", [])
            return self._paths_info(files, wanted)
        raise _RefusalError(404, None, f"No such route: {self.route}")

    def _paths_info(self, files: dict[str, File], wanted: list[str]) -> None:
        found = [files[path].listed(path) for path in wanted if path in files]
        for path in wanted:
            if any(name.startswith(f"{path}/") for name in files):
                oid = hashlib.sha1(path.encode()).hexdigest()
                found.append({"type": "directory", "path": path, "oid": oid, "size": 0})
        self._json(found)

    def _tree(self, files: dict[str, File], folder: str) -> None:
        prefix = f"{folder}/" if folder else ""
        inside = {path: file for path, file in files.items() if path.startswith(prefix)}
        if folder and not inside:
            raise _RefusalError(404, "EntryNotFound", f"{folder} does not exist")
        listed, folders = [], set()
        recursive = self.query.get("recursive", ["false"])[0].lower() in ("true", "1")
        for path, file in sorted(inside.items()):
            parents = path.removeprefix(prefix).split("/")[:-1]
            shown = len(parents) if recursive else min(len(parents), 1)
            folders |= {prefix + "/".join(parents[: n + 1]) for n in range(shown)}
            if recursive or not parents:
                listed.append(file.listed(path))
        for path in sorted(folders):
            oid = hashlib.sha1(path.encode()).hexdigest()
            listed.append({"type": "directory", "path": path, "oid": oid, "size": 0})
        self._json(listed)

    def _info(self, repo: Repo, name: str, commit: str) -> None:
        files = repo.commits[commit]
        siblings: list[dict[str, Any]] = [{"rfilename": path} for path in sorted(files)]
        self._json(
            {
                "id": name,
                "sha": commit,
                "private": repo.private,
                "gated": "auto" if repo.gated else False,
                "tags": [],
                "siblings": siblings,
            }
        )

    def _refs(self, repo: Repo) -> None:
        def listed(prefix: str) -> list[dict[str, str]]:
            return [
                {"name": ref.removeprefix(prefix), "ref": ref, "targetCommit": commit}
                for ref, commit in repo.refs.items()
                if ref.startswith(prefix)
            ]

        self._json(
            {"branches": listed("refs/heads/"), "tags": listed("refs/tags/"), "converts": []}
        )

    def _tag(self, repo: Repo, revision: str) -> None:
        ref = f"refs/tags/{json.loads(self.body)['tag']}"
        if ref in repo.refs:
            raise _RefusalError(409, None, "Tag reference exists already")
        repo.refs[ref] = self._commit_of(repo, revision)
        self._json({})

    def _preupload(self, repo: Repo, revision: str) -> None:
        files = repo.commits[self._commit_of(repo, revision)]
        answers = []
        for wanted in json.loads(self.body)["files"]:
            path = wanted["path"]
            large, there = path.endswith(LARGE), files.get(path)
            oid = None if there is None else there.sha256 if there.large else there.oid
            mode = "lfs" if large else "regular"
            answers.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._json({"files": answers})

    def _commit(self, repo: Repo, name: str, kind: str, revision: str) -> None:
        head, as_pull_request = self._commit_of(repo, revision), "create_pr" in self.query
        header, *entries = [json.loads(line) for line in self.body.splitlines()]
        title = header["value"]["summary"]
        parent = header["value"].get("parentCommit", head)
        if parent != head and not as_pull_request:  # a pull request starts from its parent
            raise _RefusalError(412, None, "A commit has happened since")
        files = dict(repo.commits[self._commit_of(repo, parent)])
        for entry in entries:
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]), False)
            elif entry["key"] == "lfsFile":
                if value["oid"] not in self.server.hub.large:
                    raise _RefusalError(400, None, "The large file was never uploaded")
                files[value["path"]] = File(self.server.hub.large[value["oid"]], True)
            elif entry["key"] == "deletedFile":
                if value["path"] not in files:
                    raise _RefusalError(404, "EntryNotFound", "A file with this name doesn't exist")
                del files[value["path"]]
        url = f"{self.server.hub.url}/{'' if kind == 'models' else kind + '/'}{name}"
        ref, answer = "refs/heads/main", {}
        if as_pull_request:
            number = 1 + sum(ref.startswith("refs/pr/") for ref in repo.refs)
            ref = f"refs/pr/{number}"
            answer["pullRequestUrl"] = f"{url}/discussions/{number}"
        oid = repo.commit(files, title, ref)
        self._json({"commitOid": oid, "commitUrl": f"{url}/commit/{oid}", **answer})

    def _lfs(self, kind: str, name: str, what: str) -> None:
        repo_kind = kind or "models"
        self._find(repo_kind, name)
        if not self.token:
            raise _RefusalError(401, None, "Please log in")
        wanted = json.loads(self.body)
        hub = self.server.hub
        if what == "verify":
            there = len(hub.large.get(wanted["oid"], b"")) == wanted["size"]
            return self._json({}, 200 if there else 404)
        objects = []
        for item in wanted["objects"]:
            answer = {"oid": item["oid"], "size": item["size"]}
            if hub.full:
                answer["error"] = {"code": 422, "message": hub.full}
            elif item["oid"] not in hub.large:
                upload = {"href": f"{hub.storage_url}/upload/{item['oid']}"}
                verify = {"href": f"{hub.url}{self.route.removesuffix('batch')}verify"}
                answer["actions"] = {"upload": upload, "verify": verify}
            objects.append(answer)
        return self._json({"transfer": "basic", "objects": objects})

    def _resolve(self, kind: str, name: str, revision: str, path: str) -> None:
        repo = self._find(kind or "models", name)
        if repo.gated and self.token != WRITE:
            raise _RefusalError(403 if self.token else 401, "GatedRepo", "Access is restricted")
        commit = self._commit_of(repo, revision)
        file = repo.commits[commit].get(path)
        headers = {"X-Repo-Commit": commit}
        if file is None:
            return self._refuse(_RefusalError(404, "EntryNotFound", "Entry not found"), headers)
        if not file.large:
            return self._content(file.content, {**headers, "ETag": f'"{file.oid}"'})
        headers["X-Linked-Etag"] = f'"{file.sha256}"'
        headers["X-Linked-Size"] = str(len(file.content))
        headers["Location"] = f"{self.server.hub.storage_url}/{file.sha256}?signature=good"
        return self._send(b"", 302, headers)
