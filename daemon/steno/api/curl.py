"""The line of curl that shows a route in the documentation."""

import json
import re
import shlex

from steno.api.route import Route

SOCKET = '--unix-socket "$SOCKET"'
SAMPLES = {
    "format": "srt",
    "name": "talk.mp4",
    "action": "pause",
    "model": "whisper-1",
    "backend": "pocketsphinx",
    "variant": "en-us",
    "kind": "whisper",
    "ident": "small",
}
"""What stands for a part of the path that is no id."""
SENDS = ("-d", "-T", "-F")
"""Options that send a body."""
VARIABLE = re.compile(r"\$[A-Z]+")
PLACE = re.compile(r"\{(\w+)[^}]*\}")


def line(route: Route) -> str:
    """Ids are variables of the shell: `{job}` is `$JOB`."""
    words = shlex.split(route.curl)
    query = "".join(word for word in words if word.startswith("?"))
    options = [word for word in words if not word.startswith("?")]
    if route.matches:
        options += ["-H", 'If-Match: "$REVISION"']
    if route.example is not None:
        options += ["-d", json.dumps(route.example, ensure_ascii=False)]
    sends = "PUT" if "-T" in options else "POST" if {*SENDS} & {*options} else "GET"
    if route.method != sends:
        options = ["-X", route.method, *options]
    path = PLACE.sub(lambda found: placed(found[1]), route.path)
    return " ".join(["curl", SOCKET, *map(quoted, options), quoted(f"http://steno{path}{query}")])


def placed(name: str) -> str:
    return SAMPLES.get(name, f"${name.upper()}")


def quoted(word: str) -> str:
    """For the shell; variables stay variables."""
    if "$" not in word:
        return shlex.quote(word)
    if word.startswith("{"):
        return "'" + VARIABLE.sub("""'"\\g<0>"'""", word) + "'"
    return '"' + re.sub(r'(["\\`])', r"\\\1", word) + '"'
