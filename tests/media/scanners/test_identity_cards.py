"""Of an identity card, what is its owner's gets a box, whatever is misread and however it lies."""

import pytest

from media.scanners.identity_cards import is_identity_card, parts_of

# Words with their left edges, a line each; every letter is 100 wide.
CARD = [
    (1200, ["CĂN", "CƯỚC", "CÔNG", "DÂN"], 4500),
    (3000, ["Số/No:", "034190000017"], 3500),
    (4000, ["Họ", "và", "tên", "/", "Full", "name:"], 3500),
    (4500, ["LÊ", "MINH", "ĐỨC"], 3500),
    (5200, ["Ngày", "sinh", "/", "Date", "of", "birth:", "03/10/1960"], 3500),
    (5900, ["Giới", "tính", "/", "Sex:", "Nam"], 3500),
    (6500, ["Quê", "quón:An", "Bình"], 3500),
    (7100, ["Nơi", "thường", "trú:", "Thôn", "Đông"], 3500),
]


def lines_of(card, quarters=0):
    lines = []
    for y, words, x in card:
        line = []
        for word in words:
            place = (x, y, 100 * len(word), 300)
            for _ in range(quarters):
                place = (10_000 - place[1] - place[3], place[0], place[3], place[2])
            line.append((word, place))
            x += 100 * len(word) + 60
        lines.append(line)
    return lines


def covered(lines, parts):
    """Return for each rule the words under its boxes."""
    found: dict[str, list[str]] = {}
    for rule, (x, y, width, height) in parts:
        for line in lines:
            for word, (left, top, across, down) in line:
                if x <= left + across / 2 <= x + width and y <= top + down / 2 <= y + height:
                    found.setdefault(rule, []).append(word)
    return found


@pytest.mark.parametrize("quarters", range(4))
def test_each_part_of_a_card_has_a_box_however_it_lies(quarters):
    lines = lines_of(CARD, quarters)
    parts = list(parts_of(lines))

    found = covered(lines, parts)
    assert found["id_cccd"] == ["034190000017"]
    assert found["name_dob"] == ["LÊ", "MINH", "ĐỨC", "03/10/1960"]
    assert found["addr_home"] == ["quón:An", "Bình", "Thôn", "Đông"]
    # The portrait stands beside the text, and none of it is under its box.
    (portrait,) = [place for rule, place in parts if rule == "face"]
    assert (portrait[2] > 500, "face" in found) == (True, False)


def test_where_a_value_or_a_label_was_not_read_its_place_has_a_box():
    unread = [line for line in CARD if line[0] != 4000]  # no label of the name
    unread[3] = (5200, ["Ngày", "sinh", "/", "Date", "of", "birth:"], 3500)
    lines = lines_of(unread)

    parts = list(parts_of(lines))

    assert covered(lines, parts)["name_dob"][:3] == ["LÊ", "MINH", "ĐỨC"]
    behind_label = (6500, 5300)
    assert any(
        rule == "name_dob"
        and place[0] <= behind_label[0] <= place[0] + place[2]
        and place[1] <= behind_label[1] <= place[1] + place[3]
        for rule, place in parts
    )


@pytest.mark.parametrize(
    ("text", "is_card"),
    [
        ("\n".join(" ".join(words) for _y, words, _x in CARD), True),
        ("Mang theo căn cước khi làm thủ tục. Ngày sinh ghi như trong giấy khai sinh.", False),
    ],
)
def test_three_of_its_labels_make_a_card(text, is_card):
    assert is_identity_card(text) == is_card
