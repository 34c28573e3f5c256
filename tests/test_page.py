"""A digit that is drawn, and its answer, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from drawings import Drawing, drawing_of
from playwright.sync_api import Request, Route, expect
from visitor import PHONE, SERVER_FUNCTIONS, Visitor, draw_with_palm, expect_empty

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


def test_drawings_are_recognised_with_a_finger_on_a_phone(
    visit: Visit, drawings: list[Drawing]
) -> None:
    """One of each digit; test_page_replay.py draws with the mouse."""
    visitor = visit(touch=True, **PHONE)
    for drawing in drawings[1::2]:  # the first stroke draws without a click before it
        visitor.draw(drawing)
        expect(visitor.label).to_have_text(drawing.label)
        assert visitor.page.evaluate("scrollY") == 0  # as it would where a finger drags the page
        visitor.page.get_by_role("button", name="Clear").click()
        expect_empty(visitor)


def test_the_answer_comes_during_the_stroke(visitor: Visitor) -> None:
    points = drawing_of("2").strokes[0]
    visitor.press(points[0])
    for point in [*points[1:-1:4], points[-1]]:
        visitor.move(point)
    expect(visitor.label).to_have_text("2")
    visitor.lift()


def test_clear_and_undo(visitor: Visitor) -> None:
    undo = visitor.page.get_by_role("button", name="Undo")
    clear = visitor.page.get_by_role("button", name="Clear")
    visitor.draw(drawing_of("1"))
    visitor.settle()
    expect(visitor.label).to_have_text("1")
    before = visitor.answer()
    for x in (0.2, 0.4, 0.6, 0.8):  # cross it out
        visitor.press((x, 0.1))
        visitor.move((1 - x, 0.9))
        visitor.lift()
    for _ in range(4):
        undo.click()
    visitor.settle()
    expect(visitor.label).to_have_text("1")
    assert visitor.answer() == before
    undo.click()
    expect_empty(visitor)
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    clear.click()
    expect_empty(visitor)
    expect(clear).to_be_disabled()


def test_clear_wins_over_a_pending_answer(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route(SERVER_FUNCTIONS, lambda route: held.append(route))
    visitor.press((0.5, 0.2))
    visitor.move((0.5, 0.8))
    visitor.lift()
    while not held:
        visitor.page.wait_for_timeout(20)
    visitor.page.get_by_role("button", name="Clear").click()
    with visitor.page.expect_response(SERVER_FUNCTIONS):
        held[0].continue_()
    visitor.settle()
    expect_empty(visitor)
    assert len(held) == 1


def test_one_request_at_a_time_and_the_last_picture_is_answered(visitor: Visitor) -> None:
    pending: set[Request] = set()
    pending_counts, pictures = [], []

    def started(request: Request) -> None:
        if "component_server" in request.url:
            pending.add(request)
            pending_counts.append(len(pending))
            # Not the function: whether the pen was still down when it was sent is a matter of luck.
            pictures.append(json.loads(request.post_data or "")["data"])

    visitor.page.on("request", started)
    visitor.page.on("requestfinished", lambda request: pending.discard(request))
    visitor.press((0.5, 0.1))
    for step in range(60):
        visitor.move((0.5 + 0.3 * (step % 2), 0.1 + step / 80))
    visitor.lift()
    visitor.settle()
    assert max(pending_counts) == 1
    undo = visitor.page.get_by_role("button", name="Undo")
    visitor.press((0.1, 0.9))
    visitor.lift()
    visitor.settle()
    undo.click()
    visitor.settle()
    assert pictures[-1] != pictures[-2]
    assert pictures[-1] in pictures[:-2]  # the one that undo restores
    visitor.page.remove_listener("request", started)


def test_a_second_finger_and_a_palm_leave_no_ink(visitor: Visitor) -> None:
    draw_with_palm(visitor.canvas, drawing_of("3"))
    expect(visitor.label).to_have_text("3")
    visitor.page.get_by_role("button", name="Undo").click()
    expect_empty(visitor)


def test_two_visitors_do_not_meet(visitor: Visitor, visit: Visit) -> None:
    one, two = visitor, visit()
    one.draw(drawing_of("3"))
    two.draw(drawing_of("8"))
    expect(two.label).to_have_text("8")
    one.settle()
    expect(one.label).to_have_text("3")


def test_more_guesses_need_neither_drawing_nor_server(visitor: Visitor) -> None:
    visitor.draw(drawing_of("9"))
    visitor.settle()
    expect(visitor.label).to_have_text("9")
    requests: list[str] = []
    visitor.page.on("request", lambda request: requests.append(request.url))
    rows = visitor.page.locator("#label .confidence-set")
    more = visitor.page.get_by_label("More guesses")
    expect(rows).to_have_count(3)
    more.check()
    expect(rows).to_have_count(10)
    expect(visitor.label).to_have_text("9")
    assert requests == []
    visitor.upload("four.png", drawing_of("4").png())
    expect(visitor.label).to_have_text("4")
    expect(rows).to_have_count(10)
    more.uncheck()
    expect(rows).to_have_count(3)
    percentages = [row.split()[1] for row in rows.all_inner_texts()]
    assert percentages == [">99%", "<1%", "<1%"]  # nothing is certain
