from tests.architecture.matrix.entry import Entry

ENTRIES = {
    "help:index": Entry(),
    "help:page": Entry(),
    "help:guide": Entry(kwargs={"slug": "guide"}, reach="all"),
    "help:handbook": Entry(kwargs={"reader": "guide_reader"}, reach="all"),
    "help:handbook_pdf": Entry(kwargs={"reader": "guide_reader"}, reach="all"),
    "help:first_post_sheet": Entry(),
    "help:report_miss": Entry(method="post", data={"q": "nghỉ phép"}),
}
