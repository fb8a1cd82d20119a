"""Errors in the person's language."""

from collections.abc import Iterator

import msgspec
import pytest

from steno.errors import Problem, StenoError
from steno_tui import texts
from steno_tui.naming import find
from steno_tui.problems import told


@pytest.fixture
def chinese() -> Iterator[None]:
    texts.speak("zh_CN")
    yield
    texts.speak()


@pytest.mark.usefixtures("chinese")
class TestChinese:
    def test_a_known_error_is_said_in_it(self) -> None:
        crossed = msgspec.json.encode(StenoError("job_not_found", job="7").problem)
        shown = told(msgspec.json.decode(crossed, type=Problem))
        assert (shown.title, shown.detail) == ("没有此任务", "没有任务 7。")
        assert shown.hint == "`steno jobs` 会列出全部任务。"

    def test_known_facts_are_said_in_it_too(self) -> None:
        refused = StenoError("transition_refused", at="running", action="start", possible="pause")
        assert told(refused.problem).detail == "任务处于“运行中”状态，无法执行 start。"
        idle = StenoError("model_idle", name="a/b", why="is not downloaded")
        assert told(idle.problem).detail == "模型 a/b 尚未下载。"

    def test_another_next_step_is_said_in_it_where_it_is_known(self) -> None:
        known = StenoError("interrupted", hint="The same command shows the downloads again.")
        assert told(known.problem).hint == "再次运行同一命令可继续查看下载。"
        other = StenoError("interrupted", hint="Do {this}.")
        assert told(other.problem).hint == "Do {this}."

    def test_words_of_another_daemon_stay(self) -> None:
        newer = msgspec.structs.replace(
            StenoError("job_not_found", job="7").problem, detail="Job 7 was archived."
        )
        assert told(newer).detail == "Job 7 was archived."
        unknown = Problem(code="new", title="New", status=400, detail="It is new.", hint="Wait.")
        assert told(unknown) == unknown
        older = msgspec.structs.replace(StenoError("job_not_found", job="7").problem, facts={})
        assert told(older).detail == "There is no job 7."

    def test_a_name_with_braces_is_a_name(self) -> None:
        assert told(StenoError("file_not_found", name="{x}.wav").problem).detail == (
            "没有文件 {x}.wav。"
        )

    def test_what_is_recorded_for_programs_stays_english(self) -> None:
        with pytest.raises(StenoError) as raised:
            find("nothing", [])
        assert raised.value.problem.hint == "`steno models` lists them."
        assert told(raised.value.problem).hint == "`steno models` 会列出所有模型。"


def test_in_english_nothing_changes() -> None:
    problem = StenoError("job_not_found", job="7").problem
    assert told(problem) == problem


def test_facts_are_those_of_the_sentences_only() -> None:
    problem = StenoError("job_not_found", job="a\x1b", secret="s").problem
    assert problem.facts == {"job": "a\N{REPLACEMENT CHARACTER}"}
    hinted = StenoError("model_not_found", name="a", known="b", hint="")
    assert hinted.problem.facts == {"name": "a"}
    assert b"facts" not in msgspec.json.encode(StenoError("stopping").problem)
