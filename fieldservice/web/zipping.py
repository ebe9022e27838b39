"""Answers made for one request, shorter on the line. Files have their own way (`web/assets.py`)."""

import gzip

from flask import Response, request


def zipped(response: Response, *, from_bytes: int = 0) -> Response:
    """The response as gzip where the browser takes it and it is long enough to pay.

    Only for answers in which nothing secret of the session stands beside what somebody else could have put there: the
    length of what is zipped tells of what repeats in it.
    """
    content = response.get_data()
    response.vary.add("Accept-Encoding")
    if len(content) >= from_bytes and request.accept_encodings.quality("gzip"):
        response.set_data(gzip.compress(content, compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
