"""A hub of one large file in a process of its own: `python -m measure.files FOLDER BYTES`.

It prints its port. The file is random bytes once over and over, sent by the kernel.
"""

import hashlib
import random
import socket
import sys
from pathlib import Path

from aiohttp import web

BLOCK = 2**20


def make(path: Path, size: int) -> None:
    block = random.Random(1).randbytes(BLOCK)
    with open(path, "wb") as file:
        file.writelines(block for _ in range(size // BLOCK))


def serve(folder: Path, size: int) -> None:
    path = folder / "model.bin"
    make(path, size)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = {
        "type": "file", "path": "model.bin", "oid": "0" * 40, "size": size,
        "lfs": {"oid": digest, "size": size, "pointerSize": 134},
    }  # fmt: skip
    commit = "1" * 40

    async def about(request: web.Request) -> web.Response:
        siblings = [{"rfilename": "model.bin"}]
        return web.json_response({"id": "bench/large", "sha": commit, "siblings": siblings})

    async def tree(request: web.Request) -> web.Response:
        return web.json_response([entry])

    async def file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(path, headers={"X-Repo-Commit": commit})

    app = web.Application()
    app.router.add_get("/api/models/bench/large", about)
    app.router.add_get("/api/models/bench/large/revision/{revision}", about)
    app.router.add_get("/api/models/bench/large/tree/{revision}", tree)
    app.router.add_get("/bench/large/resolve/{revision}/model.bin", file)

    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    web.run_app(app, sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
