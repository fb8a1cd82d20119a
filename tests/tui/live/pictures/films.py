"""Jobs and what is said in them. Moments count from `NOW`."""

from typing import Any

from steno import wire
from steno.errors import StenoError
from steno.plugins.contract import Word
from tui import standin

NOW = 1_790_000_000.0
"""What the clock says in every picture."""
WHISPER = wire.JobSettings(
    backend="faster-whisper", model="whisper/small", splitter="silero", aligner="pocketsphinx",
    formats=("srt", "vtt"),
)  # fmt: skip
HOUR, DAY = 3600.0, 86400.0
LONG = (
    "The Long Way Home, director's commentary with the whole crew and two of the actors, "
    "restored version of the second reel.mkv"
)
CHINESE = "采访：敦煌壁画的修复与保护.mp4"


def job(ident: str, name: str, state: str, age: float, **more: Any) -> wire.Job:
    """A job that was added `age` seconds ago; `percent`, `phase` and so on are its progress."""
    fields = wire.Progress.__struct_fields__
    shown: dict[str, Any] = {"phase": None, "percent": 100.0 if state == "completed" else 0.0}
    shown |= {key: more.pop(key) for key in fields if key in more}
    stem = name.rpartition(".")[0]
    outputs = [
        wire.Output(
            format=one, path=f"/films/{stem}.{one}", uri=f"file:///films/{stem}.{one}",
            written=state == "completed",
        )
        for one in WHISPER.formats
    ]  # fmt: skip
    values = {
        "name": name, "state": state, "path": f"/films/{name}", "uri": f"file:///films/{name}",
        "created_at": NOW - age, "settings": WHISPER, "outputs": outputs, "language": "en",
        "progress": wire.Progress(job_id=ident, **shown),
    }  # fmt: skip
    return standin.job(ident, **(values | more))


GLACIER = job(
    "7k2m9qw4", "Glaciers of the Alps.mkv", "running", 340.0, reason="start", duration=3127.0,
    phase="transcribe", percent=42.6, processed=1332.0, total=3127.0, speed=9.4, eta_s=191.0,
    started_at=NOW - 330, segments=wire.SegmentCounts(planned=118, done=50, aligned=44),
)  # fmt: skip
COUNCIL = job(
    "c81fh3zd", "council-meeting-2026-09-14.m4a", "completed", 5 * HOUR, reason="gaps",
    duration=7412.0, segments=wire.SegmentCounts(planned=260, done=258, aligned=258, failed=2),
    started_at=NOW - 5 * HOUR, finished_at=NOW - 4.7 * HOUR,
)  # fmt: skip
PODCAST = job(
    "p5r0vtx2", "podcast-112.mp3", "paused", 2 * HOUR, reason="user", duration=2710.0,
    phase="transcribe", percent=61.0, processed=1653.0, total=2710.0,
    segments=wire.SegmentCounts(planned=92, done=56, aligned=56),
)  # fmt: skip
MEMO = job(
    "m3n8bb61", "voice-memo-0031.opus", "failed", DAY, reason="media_no_samples", language=None,
    error=StenoError("media_no_samples", name="voice-memo-0031.opus").problem,
)  # fmt: skip
JOBS = [
    GLACIER,
    job(
        "d0y4sj77", CHINESE, "running", 200.0, reason="start", language="zh", duration=1986.0,
        phase="align", percent=97.0, processed=1986.0, total=1986.0, speed=11.2, eta_s=6.0,
        segments=wire.SegmentCounts(planned=74, done=74, aligned=71),
    ),
    job("q6t1lecw", "lecture-07.mp4", "queued", 180.0, duration=5405.0, language=None),
    job("q6t1lecx", "lecture-08.mp4", "queued", 170.0, duration=5228.0, language=None),
    PODCAST,
    job("h2b7nigh", "Harbour at night.wav", "created", 2.5 * HOUR, duration=88.0, language=None),
    COUNCIL,
    MEMO,
    job(
        "l9w5home", LONG, "completed", 1.2 * DAY, duration=6842.0,
        segments=wire.SegmentCounts(planned=240, done=240, aligned=240),
    ),
    job("i4v2amsl", "interview-amsler.wav", "completed", 2 * DAY, duration=1490.0, language="de"),
    job("s7k0xray", "seminar.flac", "cancelled", 3 * DAY, percent=18.0, duration=3600.0),
    *(
        job(f"e{n:02d}pisode", f"valley-{n:02d}.mkv", "completed", n * DAY,
            duration=2640.0 + 31 * n)
        for n in range(4, 13)
    ),
]  # fmt: skip

SAID = r"""
For ten thousand years this valley was under ice.
What you hear below us is water that fell as snow\nbefore anyone wrote anything down.
My grandfather took the first of these photographs in 1911.
He carried the camera up on his back,\nwith six plates of glass.
Six pictures, for a whole summer.
This is the same ledge. You can see the bolt in the rock.
And where he saw ice, we see a lake.
We measure it every September, on the same day.
In a good year it loses four metres.\nIn a bad one, eleven.
Is there a good year still?
There was one, in 2014. We opened a bottle.
The instruments are older than most of my students.
They freeze, they dry, they begin again.
Listen: that was not thunder.
A piece as large as a church has just gone into the lake.
It will take some minutes until the wave is here.
Shall we go up a little?
I think that would be wise, yes.
""".strip().split("\n")  # fmt: skip


def cue(number: int, text: str, **more: Any) -> wire.Cue:
    """The lines follow one another, each for as long as it takes to say it."""
    start = 2.4 + sum(pace(one) for one in SAID[:number])
    end = start + pace(text) - 0.35
    values: dict[str, Any] = {
        "id": f"{number}.0", "start": round(start, 2), "end": round(end, 2), "text": text,
    }  # fmt: skip
    return wire.Cue(**(values | more))


def pace(text: str) -> float:
    return 1.4 + 0.055 * len(text)


CUES = [cue(number, text.replace("\\n", "\n")) for number, text in enumerate(SAID)]
DRAFT = wire.DraftEvent(
    job_id=GLACIER.id, segment_index=50, start=CUES[-1].end + 0.6, end=CUES[-1].end + 4.0,
    text="so the path is on the left behind the",
)  # fmt: skip
EDITED = [
    *CUES[:3],
    cue(3, "He carried the camera up on his back,\nand six plates of glass with it.",
        modified=["text"], revision=2),
    *CUES[4:8],
    cue(8, CUES[8].text, modified=["start", "end"], revision=1),
    *CUES[10:],
]  # fmt: skip
"""With two edits, and without the line that is a gap."""
GAP = wire.Gap(
    job_id=COUNCIL.id, segment_index=9, start=CUES[9].start, end=CUES[9].end,
    reason="The recogniser failed three times: CUDA out of memory.",
)  # fmt: skip
SCORES = (0.98, 0.95, 0.41, 0.99, 0.97, 0.88, 0.93, 0.36, 0.96, 0.99)


def spoken(found: wire.Cue) -> wire.Cue:
    """With a time for each word."""
    texts = found.text.split()
    step = (found.end - found.start) / len(texts)
    words = [
        Word(
            text=text, start=found.start + n * step, end=found.start + (n + 1) * step,
            score=SCORES[n % len(SCORES)], interpolated=n == 4,
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return wire.Cue(
        id=found.id, start=found.start, end=found.end, text=found.text, words=words,
        modified=found.modified, revision=found.revision,
    )  # fmt: skip


def transcript(of: wire.Job, cues: list[wire.Cue], *gaps: wire.Gap) -> wire.Transcript:
    return standin.text(
        *cues, job_id=of.id, state=of.state, progress=of.progress, gaps=[*gaps],
        language=of.language,
    )  # fmt: skip
