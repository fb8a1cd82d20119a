"""Edits over what the machine made: taken back exactly, never overtaken, never in its way."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest

from steno.errors import StenoError
from steno.jobs.editing import Editing
from steno.jobs.transcript import read_place, write_place
from steno.plugins.contract import Piece, Word
from steno.store import cues, edits, jobs, segments
from steno.store.cues import CueKey, CueRow
from steno.store.database import Database, Reader, Transaction
from steno.store.jobs import NewRecord
from steno.subtitles.layers import Layer
from steno.subtitles.rewording import tokens_of
from steno.subtitles.timing import finish
from steno.wire import (
    LONGEST_CUE,
    Cue,
    CueChange,
    CueMerge,
    CueSplit,
    Edited,
    JobSettings,
    NewCue,
    SubtitleStyle,
)

SEGMENTS, CUES = 3, 3
TEXTS = ("one two three", "four five six", "seven\neight nine")


class Desk(NamedTuple):
    """A store with a transcript, and its editor."""

    db: Database
    edit: Editing
    job: int

    async def cues(self, **query: Any) -> list[Cue]:
        return await self.db.read(lambda db: list(cues.scan(db, self.job, **query)))

    async def texts(self) -> list[str]:
        return [cue.text for cue in await self.cues(words=False)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    db = Database(tmp_path / "steno.db")
    await db.open()

    async def find(reference: str) -> str:
        return reference

    job = await db.write(spoken)
    yield Desk(db, Editing(db, find), job)
    await db.close()


def spoken(tx: Transaction) -> int:
    """A job of three segments of six seconds, three cues each."""
    job = jobs.insert(
        tx,
        NewRecord(
            id="j", path=b"/m/a.wav", name="a.wav", source_size=1, source_mtime=1, state="queued",
            settings=JobSettings(backend="b"), versions={}, announced=18.0, language="en",
        ),
    )  # fmt: skip
    pieces = [Piece(96_000 * i, 96_000 * (i + 1)) for i in range(SEGMENTS)]
    segments.add_pieces(tx, job.seq, 0, pieces)
    for segment in range(SEGMENTS):
        rows = [row(6.0 * segment + 2.0 * n, TEXTS[n]) for n in range(CUES)]
        cues.insert(tx, job.seq, segment, rows)
    return job.seq


def row(start: float, text: str) -> CueRow:
    words = [Word(t, start + i / 2, start + (i + 1) / 2, 0.9) for i, t in enumerate(text.split())]
    return CueRow(start, start + 1.5, text, words)


async def refused(request: Awaitable[object]) -> StenoError:
    with pytest.raises(StenoError) as caught:
        await request
    return caught.value


def an_edit(desk: Desk, random: Random, shown: list[Cue]) -> Awaitable[Edited]:
    """One of all that can be tried."""
    cue, edit = random.choice(shown), desk.edit
    start = random.choice([0.0, 5.5, cue.start, 17.0])
    new = NewCue(start=start, end=start + 1, text="mine")
    wanted: list[Callable[[], Awaitable[Edited]]] = [
        lambda: edit.change("j", cue.id, cue.revision, CueChange(text=random.choice(NEW))),
        lambda: edit.change("j", cue.id, None, CueChange(start=start)),
        lambda: edit.change("j", cue.id, None, CueChange(text="x", end=cue.end + 1)),
        lambda: edit.split("j", cue.id, None, CueSplit(at=random.randint(1, 12))),
        lambda: edit.merge("j", cue.id, None, CueMerge(cue=random.choice(shown).id)),
        lambda: edit.delete("j", cue.id, None),
        lambda: edit.insert("j", new),
    ]
    return random.choice(wanted)()


async def any_edit(desk: Desk, random: Random) -> Edited:
    """One that is possible; what is not is tried again otherwise."""
    while True:
        try:
            edited = await an_edit(desk, random, await desk.cues())
        except StenoError as error:
            assert error.code == "edit_invalid"
            continue
        if edited.edit:
            return edited


NEW = ("one too three", "four\nfive", "quite another text of more words", "漢字とカナ")


def plain(found: list[Cue]) -> list[Cue]:
    """Without revisions, which only rise."""
    return [msgspec.structs.replace(cue, revision=0) for cue in found]


@pytest.mark.parametrize("seed", range(8))
async def test_any_sequence_of_edits_is_taken_back_and_made_again_exactly(
    desk: Desk, seed: int
) -> None:
    random = Random(seed)
    states = [plain(await desk.cues())]
    numbers = []
    for _ in range(15):
        numbers.append((await any_edit(desk, random)).edit)
        states.append(plain(await desk.cues()))
        assert list(finish(states[-1], SubtitleStyle()))
    assert numbers == sorted(set(numbers))
    for state, number in zip(states[-2::-1], numbers[::-1], strict=True):
        assert (await desk.edit.undo("j", number)).edit == number
        assert plain(await desk.cues()) == state
    assert all(cue.modified == [] for cue in await desk.cues())
    assert (await refused(desk.edit.undo("j", None))).code == "nothing_to_undo"
    for state, number in zip(states[1:], numbers, strict=True):
        assert (await desk.edit.redo("j", number)).edit == number
        assert plain(await desk.cues()) == state
    assert (await refused(desk.edit.redo("j", None))).code == "nothing_to_undo"


async def test_answer_event_and_store_agree(desk: Desk) -> None:
    random = Random(3)
    told = 0
    for step in range(20):
        edited = await (any_edit(desk, random) if step % 4 else desk.edit.insert("j", OWN))
        if step % 5 == 4:
            edited = await desk.edit.undo("j", edited.edit)
        shown = {cue.id: cue for cue in await desk.cues()}
        assert [shown[cue.id] for cue in edited.cues] == edited.cues
        assert not shown.keys() & set(edited.removed)
        stored = await desk.db.read(partial(told_since, after=told))
        kinds = [kind for _, kind, _ in stored]
        assert kinds == ["edit", "signal"] * (2 if step % 5 == 4 else 1)
        data = msgspec.json.decode(stored[-2][2])
        assert data.pop("ts")
        expected = msgspec.to_builtins(edited)
        expected = {k: v for k, v in expected.items() if k not in ("undo", "redo")}
        for cue in expected["cues"]:
            cue["words"] = []
        assert data == expected
        assert msgspec.json.decode(stored[-1][2])["code"] == "transcript_changed"
        told = stored[-1][0]


def told_since(db: Reader, after: int) -> list[tuple[int, str, bytes]]:
    """Number, kind and data of what was told of edits."""
    return db.execute(
        "SELECT seq, type, data FROM events WHERE seq > ? AND type != 'job' ORDER BY seq", (after,)
    ).fetchall()


OWN = NewCue(start=7.0, end=8.0, text="mine")


async def test_numbers_of_own_cues_are_never_used_twice(desk: Desk) -> None:
    first = await desk.edit.insert("j", OWN)
    assert [cue.id for cue in first.cues] == ["1.10000"]
    assert (await desk.edit.undo("j", None)).removed == ["1.10000"]
    assert (await refused(desk.edit.cue("j", "1.10000"))).code == "cue_not_found"
    second = await desk.edit.split("j", "1.0", 0, CueSplit(at=4))
    assert [cue.id for cue in second.cues] == ["1.0", "1.10001"]
    late = await desk.edit.insert("j", NewCue(start=999.0, end=1000.0, text="late"))
    assert late.cues[0].id == "2.10000"


async def test_a_new_edit_ends_what_could_be_made_again_and_its_number_is_new(desk: Desk) -> None:
    old = await desk.edit.insert("j", OWN)
    undone = await desk.edit.undo("j", old.edit)
    assert (undone.undo, undone.redo) == (None, old.edit)
    new = await desk.edit.delete("j", "0.0", 0)
    assert (new.undo, new.redo) == (new.edit, None)
    problem = (await refused(desk.edit.redo("j", old.edit))).problem
    assert problem.code == "nothing_to_undo"
    problem = (await refused(desk.edit.undo("j", old.edit))).problem
    assert f"{new.edit} " in problem.detail


async def test_of_two_edits_from_the_same_view_the_second_is_refused(desk: Desk) -> None:
    await desk.edit.change("j", "0.1", 0, CueChange(text="first"))
    for late in (
        desk.edit.change("j", "0.1", 0, CueChange(text="second")),
        desk.edit.split("j", "0.1", 0, CueSplit(at=2)),
        desk.edit.delete("j", "0.1", 0),
        desk.edit.merge("j", "0.0", 0, CueMerge(cue="0.1", revision=0)),
    ):
        problem = (await refused(late)).problem
        assert (problem.code, problem.status, problem.revision) == ("cue_changed", 412, 1)
    await desk.edit.change("j", "0.2", 0, CueChange(text="another cue is free"))
    await desk.edit.undo("j", None)
    assert (await desk.edit.cue("j", "0.2")).revision == 2, "an undo is a change, too"


async def test_what_is_so_already_is_no_edit(desk: Desk) -> None:
    (cue, *_) = await desk.cues()
    same = CueChange(text=f" {cue.text}", start=cue.start, end=cue.end)
    edited = await desk.edit.change("j", cue.id, 0, same)
    assert (edited.edit, edited.undo, edited.cues) == (0, None, [cue])
    assert await desk.db.read(lambda db: edits.undoable(db, desk.job)) is None


async def test_only_the_next_cue_is_merged(desk: Desk) -> None:
    for first, second in (("0.0", "0.2"), ("0.1", "0.0"), ("0.0", "0.0"), ("2.2", "0.0")):
        error = await refused(desk.edit.merge("j", first, 0, CueMerge(cue=second)))
        assert error.code == "edit_invalid"
    await desk.edit.delete("j", "0.1", 0)
    merged = await desk.edit.merge("j", "0.0", 0, CueMerge(cue="0.2"))
    assert merged.cues[0].text == "one two three\nseven\neight nine"
    assert merged.removed == ["0.2"]
    assert [w.text for w in merged.cues[0].words] == "one two three seven eight nine".split()
    assert [w.interpolated for w in merged.cues[0].words] == [False] * 6


@pytest.mark.parametrize("cue", ["", "0", "0.0.0", "-1.0", "0.9", "9.0", "0.0 ", "²." + "9" * 30])
async def test_what_is_no_cue_is_not_found(desk: Desk, cue: str) -> None:
    assert (await refused(desk.edit.cue("j", cue))).code == "cue_not_found"
    assert (await refused(desk.edit.delete("j", cue, None))).code == "cue_not_found"


# Beside the machine -----------------------------------------------------------------------------


async def aligned(desk: Desk, segment: int, by: float) -> None:
    """All that the machine timed in a segment is said `by` seconds later."""

    def change(tx: Transaction) -> None:
        times = []
        for n, said in enumerate(cues.words(tx.connection, desk.job, segment)):
            moved = [Word(w.text, w.start + by, w.end + by, 0.5) for w in said]
            start = 6.0 * segment + 2.0 * n + by
            times.append((start, start + 1.5, moved))
        cues.retime(tx, desk.job, segment, times)

    await desk.db.write(change)


async def test_alignment_moves_what_nobody_set(desk: Desk) -> None:
    await desk.edit.change("j", "0.0", 0, CueChange(text="one too three"))
    await desk.edit.change("j", "0.1", 0, CueChange(start=1.75))
    await desk.edit.split("j", "0.2", 0, CueSplit(at=6))
    await aligned(desk, 0, 0.1)
    first, second, third, own = (await desk.cues(end=6.0))[:4]
    assert (first.start, first.end, first.text) == (0.1, 1.6, "one too three")
    assert [(w.text, w.start, w.score) for w in first.words] == [
        ("one", 0.1, 0.5), ("too", 0.6, None), ("three", 1.1, 0.5),
    ]  # fmt: skip
    assert (second.start, second.end, second.modified) == (1.75, 3.6, ["start"])
    assert second.words[0].start == 2.1
    assert (third.start, third.end, third.text) == (4.1, 4.5, "seven")
    assert (own.start, own.end, own.text) == (4.5, 5.5, "eight nine")
    assert [(w.text, w.start, w.end) for w in own.words] == [
        ("eight", 4.6, 5.1), ("nine", 5.1, 5.5),
    ]  # fmt: skip
    assert [cue.revision for cue in (first, second, third, own)] == [1, 1, 1, 1]


async def test_alignment_sees_what_a_person_hid_or_wrote_anew(desk: Desk) -> None:
    before = await desk.db.read(lambda db: cues.words(db, desk.job, 0))
    await desk.edit.change("j", "0.0", 0, CueChange(text="all new"))
    await desk.edit.merge("j", "0.1", 0, CueMerge(cue="0.2"))
    await desk.edit.delete("j", "0.1", 1)
    await desk.edit.insert("j", NewCue(start=0.0, end=1.0, text="mine"))
    assert await desk.db.read(lambda db: cues.words(db, desk.job, 0)) == before
    await aligned(desk, 0, 0.25)
    for _ in range(4):
        await desk.edit.undo("j", None)
    assert [cue.start for cue in await desk.cues(end=6.0)] == [0.25, 2.25, 4.25]


async def test_a_start_that_the_machine_moves_stays_before_an_end_that_was_set(desk: Desk) -> None:
    await desk.edit.change("j", "0.0", 0, CueChange(end=0.5))
    await desk.edit.change("j", "0.2", 0, CueChange(start=5.0))
    await aligned(desk, 0, 1.0)
    shown = await desk.cues(end=6.0)
    assert [(c.id, c.start, c.end) for c in shown] == [
        ("0.0", 0.5, 0.5), ("0.1", 3.0, 4.5), ("0.2", 5.0, 6.5),
    ]  # fmt: skip
    await aligned(desk, 0, -2.0)
    late = await desk.edit.cue("j", "0.2")
    assert (late.start, late.end) == (5.0, 5.0), "nor does an end pass a start"


async def test_a_fragment_that_comes_later_meets_no_own_cue(desk: Desk) -> None:
    await desk.edit.insert("j", NewCue(start=900.0, end=901.0, text="mine"))
    own = [cue.id for cue in await desk.cues()][-1]
    assert own == "2.10000"

    def change(tx: Transaction) -> None:
        segments.add_pieces(tx, desk.job, 3, [Piece(288_000, 384_000)])
        cues.insert(tx, desk.job, 3, [row(18.0, "late")])

    await desk.db.write(change)
    assert [cue.id for cue in await desk.cues()][-2:] == ["3.0", own]


# Reading ----------------------------------------------------------------------------------------


async def test_pages_go_through_all_cues_once_in_order_also_edited(desk: Desk) -> None:
    random = Random(7)
    for _ in range(25):
        await any_edit(desk, random)
    whole = await desk.cues()
    assert [cue.start for cue in whole] == sorted(cue.start for cue in whole)
    for size in (1, 2, 5):
        paged: list[Cue] = []
        after = None
        while page := await desk.cues(after=after, limit=size):
            paged += page
            after = read_place(write_place(page[-1]))
        assert paged == whole


async def test_a_long_cue_is_found_where_it_reaches_to(desk: Desk) -> None:
    await desk.edit.insert("j", NewCue(start=1.0, end=1.0 + LONGEST_CUE, text="long"))
    assert [cue.text for cue in await desk.cues(start=LONGEST_CUE, end=1e5)] == ["long"]
    assert await desk.cues(start=LONGEST_CUE + 1.0) == []


@pytest.mark.parametrize(
    "cursor", ["", "x", "1:0.0.0", "inf:0.0", "nan:1.1", "-1:0.0", "1e999:0.0", "²:1.1", "0.0"]
)
def test_cursors_that_were_made_up_are_refused(cursor: str) -> None:
    with pytest.raises(StenoError) as caught:
        read_place(cursor)
    assert caught.value.code == "bad_request"


@pytest.mark.parametrize("start", [0.0, 1e-7, 0.1 + 0.2, 123456.789, 359999.9999999999])
def test_cursors_are_exact(start: float) -> None:
    cue = Cue(id="3.10001", start=start, end=start, text="")
    assert read_place(write_place(cue)) == (start, 3, 10001)


async def test_a_range_is_read_by_the_index(desk: Desk) -> None:
    """A plan that sorts or scans takes seconds in a long transcript."""
    plans: list[str] = []

    def query(db: Any) -> None:
        class Spy:
            def execute(self, sql: str, values: Any = ()) -> Any:
                found = db.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
                plans.extend(step["detail"] for step in found)
                return db.execute(sql, values)

        place = cues.Place(4.0, 0, 2)
        list(cues.scan(Spy(), desk.job, start=3.0, end=9.0, after=place, limit=2))  # type: ignore[arg-type]

    await desk.db.read(query)
    (plan,) = plans
    assert "cues_shown (job=? AND <expr>>? AND <expr><?)" in plan


async def test_layers_are_read_as_they_were_written(desk: Desk) -> None:
    def change(tx: Transaction) -> Layer:
        found = edits.layer(tx.connection, desk.job, CueKey(0, 0))
        assert found == Layer()
        key = edits.make(tx, desk.job, 0)
        assert edits.layer(tx.connection, desk.job, key) == Layer(hidden=True)
        layer = Layer("t", 1.0, 2.0, (tokens_of([Word("t", 0, 1)], 0, 0)), False)
        edits.put(tx, desk.job, edits.Touched(*key, layer))
        assert edits.layer(tx.connection, desk.job, key) == layer
        return layer

    await desk.db.write(change)
