"""The notes of a run on the screen: one line for each kind, the commonest first."""

import logging

from colorrl.export.summary import report_notes


def test_a_kind_of_note_is_one_line_with_its_first_page_and_how_many_more(caplog):
    """Seen to fail with a line for each page."""
    notes = {
        "1화/가.png": [("open", "a gap at x=3"), ("paper", "not white")],
        "나.png": [("paper", "grain"), ("paper", "once more")],
        "다.png": [("paper", "grain")],
    }
    with caplog.at_level(logging.WARNING):
        report_notes(notes)
    first, second = [record.getMessage() for record in caplog.records]
    assert "paper" in first and "1화/가.png" in first and "not white" in first and "2" in first
    assert "open" in second and "a gap at x=3" in second and "more" not in second


def test_no_notes_are_no_lines(caplog):
    """Seen to fail with a line that says that there is none."""
    report_notes({})
    assert not caplog.records
