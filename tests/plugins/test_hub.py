"""The stand-in hub speaks as the real one does: its own library understands it. What the plugin
for tests says of its models is true."""

import os
import subprocess
import sys
from pathlib import Path

from harness import FAKES
from hub import TOKEN, Hub, add_toys

LOOK = """
import sys
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError, GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError,
)

def raises(kind, work):
    try:
        work()
    except kind as error:
        assert type(error) is kind or issubclass(kind, EntryNotFoundError), error
    else:
        raise AssertionError(kind)

api, revision = HfApi(token="hf_stand_in"), sys.argv[1]
info = api.model_info("toys/small", revision=revision, files_metadata=True)
assert info.sha == api.model_info("toys/small").sha == revision
told = {one.rfilename: (one.size, one.lfs and one.lfs.sha256) for one in info.siblings}
tree = api.list_repo_tree("toys/small", recursive=True)
assert told == {one.path: (one.size, one.lfs and one.lfs.sha256) for one in tree}
assert told["flag.bin"][0] == 1 and len(told["flag.bin"][1]) == 64 and not told["config.json"][1]
found = get_hf_file_metadata(hf_hub_url("toys/small", "more/words.bin"))
assert (found.size, found.etag) == told["more/words.bin"]
assert found.commit_hash == revision
assert api.model_info("toys/gated").gated == "auto"
raises(GatedRepoError, lambda: HfApi(token=False).model_info("toys/gated"))
raises(GatedRepoError, lambda: HfApi(token="hf_other").model_info("toys/gated"))
raises(RepositoryNotFoundError, lambda: api.model_info("toys/none"))
raises(RevisionNotFoundError, lambda: api.model_info("toys/small", revision="none"))
raises(EntryNotFoundError, lambda: get_hf_file_metadata(hf_hub_url("toys/small", "none")))
print(snapshot_download("toys/small", token="hf_stand_in"))
"""


def test_the_hubs_own_library_understands_the_stand_in(tmp_path: Path) -> None:
    for elsewhere in (False, True):
        with Hub(elsewhere=elsewhere) as hub:
            add_toys(hub)
            repository = hub.repositories["toys/small"]
            home = {"HF_HOME": str(tmp_path / str(elsewhere)), "HF_HUB_DISABLE_XET": "1"}
            done = subprocess.run(
                [sys.executable, "-c", LOOK, repository.newest],
                env=os.environ | hub.environment | home, check=False, capture_output=True,
                text=True,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            folder = Path(done.stdout.strip())
            for path, data in repository.files.items():
                assert (folder / path).read_bytes() == data
            stored = [one for one in hub.requests if one.stored and one.method == "GET"]
            assert bool(stored) == elsewhere
            assert not any(one.token for one in stored)
            assert any(one.token == f"Bearer {TOKEN}" for one in hub.requests)


def test_the_plugin_for_tests_tells_the_truth_of_its_models() -> None:
    program = """
import hashlib
from hub import Hub, add_toys
from steno_fake import TOYS, WELSH

hub = Hub()
add_toys(hub)
for model in (*TOYS, WELSH):
    repository = hub.repositories[model.repository]
    assert model.size == sum(map(len, repository.files.values())), model.name
    assert model.revision in (None, repository.newest), model.name
    for file in model.files:
        data = repository.files[file.path]
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest()), file
    assert not model.files or {file.path for file in model.files} == repository.files.keys()
"""
    path = f"{FAKES}{os.pathsep}{FAKES.parent}"
    subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": path}, check=True
    )
