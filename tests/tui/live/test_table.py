"""What of a long table is made, fetched and seen."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from steno_tui.live.widgets.layout import GAP, Column, Span, fit, fitted
from steno_tui.live.window import KEPT, PAGE, Window

COLUMNS = (
    Column("Name", 20, flexible=True),
    Column("State", 11),
    Column("Phase", 14, rank=3),
    Column("Left", 7, right=True, rank=1),
)


def test_all_columns_share_a_wide_screen() -> None:
    assert fitted(COLUMNS, 100) == [(0, 65), (1, 11), (2, 14), (3, 7)]


def test_the_least_important_column_goes_first() -> None:
    assert [n for n, _ in fitted(COLUMNS, 50)] == [0, 1, 3]
    assert [n for n, _ in fitted(COLUMNS, 35)] == [0, 1]
    assert [n for n, _ in fitted(COLUMNS, 10)] == [0, 1]


@given(st.integers(33, 300))
def test_columns_fill_the_room_exactly(room: int) -> None:
    widths = [width for _, width in fitted(COLUMNS, room)]
    assert sum(widths) + GAP * (len(widths) - 1) == room


@given(st.lists(st.text(max_size=12), max_size=4), st.integers(1, 40), st.booleans())
def test_a_cell_has_the_width_of_its_column(texts: list[str], width: int, right: bool) -> None:
    cell = [Span(text) for text in texts]
    shown = "".join(text for text, _ in fit(cell, width, right=right))
    assert cell_len(shown) == width
    assert shown.isprintable()


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    assert [span.text for span in fit("a long name", 7)] == ["a long", "…"]
    assert "".join(span.text for span in fit("第三集采访", 6)) == "第三 …"
    assert "".join(span.text for span in fit("7", 4, right=True)) == "   7"


def test_controls_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in "".join(text for text, _ in fit("a\x1b[31mb", 20))


def filled(rows: int, *pages: int) -> Window[int]:
    window: Window[int] = Window()
    for page in pages:
        window.put(page, list(range(page * PAGE, min((page + 1) * PAGE, rows))), rows)
    return window


def test_rows_are_there_once_their_page_is() -> None:
    window = filled(250, 0, 2)
    assert (window[0], window[PAGE], window[2 * PAGE + 7]) == (0, None, 2 * PAGE + 7)
    assert window[250] is None


def test_only_pages_that_are_looked_at_are_fetched() -> None:
    window = filled(1000, 0)
    assert window.wanted(0, 30) is None
    assert window.wanted(90, 120) == 1
    assert window.wanted(950, 2000) == 9
    assert Window[int]().wanted(0, 30) == 0


def test_rows_that_may_have_moved_are_shown_and_fetched_again() -> None:
    window = filled(250, 0, 1)
    window.expire()
    assert window[5] == 5
    assert window.wanted(0, 30) == 0
    window.put(0, list(range(PAGE)), 250)
    assert window.wanted(0, 30) is None
    assert window.wanted(PAGE, PAGE + 3) == 1


def test_another_total_means_that_rows_moved() -> None:
    window = filled(250, 0, 1)
    window.put(0, list(range(PAGE)), 251)
    assert window.wanted(PAGE, PAGE + 3) == 1


def test_old_pages_are_let_go() -> None:
    window = filled(100 * PAGE, *range(KEPT + 5))
    assert window[0] is None
    assert window[(KEPT + 4) * PAGE] == (KEPT + 4) * PAGE


def test_an_empty_list_wants_nothing() -> None:
    window = filled(0, 0)
    assert window.loaded
    assert window.wanted(0, 30) is None
