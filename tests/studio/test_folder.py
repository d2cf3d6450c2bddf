"""The list of pages: the least sure first, then those without colours."""

from tests.studio.conftest import OTHER, PAGE


def test_the_least_sure_page_is_first(studio):
    """With its state. Seen to fail with pages in the order of their names."""

    def listed():
        return [
            (row["page"], row["state"]) for row in studio.client.get("/api/folder").json()["pages"]
        ]

    plain = [("ep(1)/wide.png", "plain"), ("web.webp", "plain")]
    for page, other in ((PAGE, OTHER), (OTHER, PAGE)):
        studio.page = page
        regions = list(studio.rows())
        studio.act("color", regions=regions, colour="#ff0000")  # now nothing of it is unsure
        assert listed() == [(other, "colored"), (page, "corrected"), *plain]
        studio.act("undo")
