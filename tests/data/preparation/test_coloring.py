import numpy as np

from colorrl.data.preparation.coloring import under_ink, without_paper


def test_lines_take_what_is_beside_them():
    picture = np.zeros((5, 9, 4), np.uint8)
    picture[:, :4], picture[:, 5:] = (255, 0, 0, 255), (0, 0, 255, 255)
    picture[:, 4] = (0, 0, 0, 255)
    line = np.full((5, 9), 255, np.uint8)
    line[:, 3:6] = (200, 0, 200)  # with its antialiased rims
    out = under_ink(picture, line)
    assert not (out[..., :3] == 0).all(-1).any() and (out[:, 3] == out[:, 0]).all()
    assert (out[:, 5] == out[:, 8]).all() and (out[line == 255] == picture[line == 255]).all()
    assert (under_ink(picture, np.zeros_like(line)) == picture).all()


def test_white_is_paper_where_it_reaches_the_edge_of_an_opaque_picture():
    picture = np.full((9, 9, 4), 255, np.uint8)
    picture[2:7, 2:7, :3] = 0
    picture[4, 4, :3] = 255  # white paint
    out = without_paper(picture)
    assert (out[0, 0] == (255, 255, 255, 0)).all() and out[4, 4, 3] == 255
    picture[8, 8, 3] = 0
    assert without_paper(picture) is picture
