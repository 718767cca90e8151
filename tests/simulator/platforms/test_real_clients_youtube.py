"""Google's own client against the simulator: what it can do here it could do there."""

import hashlib
import io
import json
import logging
from importlib.resources import files

import google_auth_httplib2
import httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError, ResumableUploadError
from googleapiclient.http import MediaFileUpload, MediaIoBaseUpload

from simulator import images

from ..conftest import CROWD

BLOCK = 262_144


class Client:
    """The client built from the discovery document that comes with it, its hosts turned to the
    simulator.
    """

    def __init__(self, simulator, **page):
        self.simulator = simulator
        self.page = simulator.page("youtube", **page)
        self.id = self.page["external_id"]
        self.tokens = self.page["tokens"]
        self.credentials = Credentials(
            self.tokens["access_token"],
            refresh_token=self.tokens["refresh_token"],
            token_uri=f"{simulator.url}/youtube/oauth2/token",
            client_id="400000000004-simulator.apps.googleusercontent.com",
            client_secret="simulator-google-secret",
        )
        self.api = self.built("youtube.v3", "googleapis")
        self.analytics = self.built("youtubeAnalytics.v2", "analytics")

    def built(self, name, where):
        body = json.loads(
            (files("googleapiclient.discovery_cache") / "documents" / f"{name}.json").read_text()
        )
        body["rootUrl"] = body["baseUrl"] = f"{self.simulator.url}/youtube/{where}/"
        body.pop("mtlsRootUrl", None)
        return build_from_document(body, credentials=self.credentials)

    def insert(self, video, chunk=-1, **status):
        """Prepare the upload of ``video``: bytes, or the path of a file."""
        body = {
            "snippet": {"title": "Bản tin phường", "description": "Nội dung", "categoryId": "25"},
            "status": {"privacyStatus": "private", "selfDeclaredMadeForKids": False} | status,
        }
        if isinstance(video, bytes):
            media = MediaIoBaseUpload(
                io.BytesIO(video), mimetype="video/mp4", chunksize=chunk, resumable=True
            )
        else:
            media = MediaFileUpload(
                str(video), mimetype="video/mp4", chunksize=chunk, resumable=True
            )
        return self.api.videos().insert(part="snippet,status", body=body, media_body=media)


@pytest.fixture
def client(simulator):
    logging.getLogger("googleapiclient").setLevel(logging.ERROR)
    return Client(simulator)


def test_a_file_goes_up_in_chunks(simulator, client, tmp_path):
    video = images.make_plain_mp4(1, size=3 * BLOCK + 77)
    (tmp_path / "video.mp4").write_bytes(video)
    request = client.insert(tmp_path / "video.mp4", chunk=BLOCK)
    progress, done = [], None
    while done is None:
        status, done = request.next_chunk()
        progress += [status.resumable_progress] if status else []
    assert progress == [BLOCK, 2 * BLOCK, 3 * BLOCK]
    (made,) = simulator.truth()
    assert (made["id"], made["media"]) == (done["id"], [hashlib.sha256(video).hexdigest()])


def test_an_upload_in_one_piece(simulator, client):
    made = client.insert(images.make_plain_mp4(1), privacyStatus="public").execute()
    simulator.advance(2)
    assert [post["id"] for post in simulator.visible()] == [made["id"]]


def test_a_lost_answer_is_probed_and_makes_no_second_video(simulator, client):
    request = client.insert(images.make_plain_mp4(1, size=2 * BLOCK), chunk=BLOCK)
    request.next_chunk()
    simulator.fault("youtube", "error_after", operation="upload", status=503)
    with pytest.raises(HttpError) as lost:
        request.next_chunk()
    _, done = request.next_chunk()
    assert lost.value.status_code == 503
    assert [post["id"] for post in simulator.truth()] == [done["id"]]


def test_a_refused_start_is_reported_by_the_client(client):
    with pytest.raises(ResumableUploadError) as refused:
        client.insert(images.make_plain_mp4(1), privacyStatus="secret").execute()
    assert refused.value.error_details[0]["reason"] == "invalidVideoMetadata"


def test_a_video_is_read_changed_thumbnailed_and_deleted(simulator, client):
    made = client.insert(images.make_plain_mp4(1)).execute()
    simulator.advance(2)
    videos = client.api.videos()
    (item,) = videos.list(part="snippet,status,processingDetails", id=made["id"]).execute()["items"]
    assert item["processingDetails"]["processingStatus"] == "succeeded"

    picture = MediaIoBaseUpload(io.BytesIO(images.make_plain_png(1)), mimetype="image/png")
    set_ = client.api.thumbnails().set(videoId=made["id"], media_body=picture).execute()
    assert set_["kind"] == "youtube#thumbnailSetResponse"

    item["status"]["privacyStatus"] = "public"
    updated = videos.update(part="snippet,status", body=item).execute()
    assert (updated["snippet"]["title"], updated["status"]["privacyStatus"]) == (
        "Bản tin phường",
        "public",
    )
    assert [post["id"] for post in simulator.visible()] == [made["id"]]

    assert not videos.delete(id=made["id"]).execute()
    with pytest.raises(HttpError) as gone:
        videos.delete(id=made["id"]).execute()
    assert gone.value.error_details[0]["reason"] == "videoNotFound"


def test_a_lost_video_is_found_in_the_uploads(simulator, client):
    made = client.insert(images.make_plain_mp4(1)).execute()
    channel = client.api.channels().list(part="contentDetails", mine=True).execute()["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    items = (
        client.api.playlistItems()
        .list(part="contentDetails", playlistId=uploads)
        .execute()["items"]
    )
    assert [item["contentDetails"]["videoId"] for item in items] == [made["id"]]


def test_captions_go_up_in_one_multipart_call(client):
    made = client.insert(images.make_plain_mp4(1)).execute()
    words = MediaIoBaseUpload(
        io.BytesIO(b"1\n00:00:01,000 --> 00:00:02,000\nXin"), mimetype="text/plain"
    )
    body = {"snippet": {"videoId": made["id"], "language": "vi", "name": "Tiếng Việt"}}
    track = client.api.captions().insert(part="snippet", body=body, media_body=words).execute()
    listed = client.api.captions().list(part="snippet", videoId=made["id"]).execute()["items"]
    assert [caption["id"] for caption in listed] == [track["id"]]
    assert listed[0]["snippet"]["name"] == "Tiếng Việt"


def test_comments_are_read_answered_and_held_back(simulator):
    client = Client(simulator, followers=CROWD)
    made = client.insert(images.make_plain_mp4(1), privacyStatus="public").execute()
    simulator.advance(3000)
    asked = {"part": "snippet,replies", "videoId": made["id"], "order": "time", "maxResults": 100}
    first, second = client.api.commentThreads().list(**asked).execute()["items"][:2]

    body = {"snippet": {"parentId": first["id"], "textOriginal": "Công an phường sẽ trả lời bạn."}}
    reply = client.api.comments().insert(part="snippet", body=body).execute()
    client.api.comments().setModerationStatus(
        id=second["id"], moderationStatus="heldForReview"
    ).execute()

    shown = {
        thread["id"]: thread
        for thread in client.api.commentThreads().list(**asked).execute()["items"]
    }
    awaiting_review = (
        client.api.commentThreads()
        .list(**asked, moderationStatus="heldForReview")
        .execute()["items"]
    )
    assert [reply["id"] for reply in shown[first["id"]]["replies"]["comments"]] == [reply["id"]]
    assert (second["id"] in shown, [comment["id"] for comment in awaiting_review]) == (
        False,
        [second["id"]],
    )


def test_an_expired_token_is_refreshed_by_the_client(simulator, client):
    """The session's own clock runs ahead, so that the client learns of it by a 401 alone."""
    simulator.advance(3600)
    http = google_auth_httplib2.AuthorizedHttp(client.credentials, http=httplib2.Http())
    (item,) = client.api.channels().list(part="id", mine=True).execute(http=http)["items"]
    assert item["id"] == client.id
    assert client.credentials.token != client.tokens["access_token"]


def test_figures_and_reports(simulator, client):
    now = simulator.ask("GET", "/_sim/truth")["now"]
    made = simulator.post("youtube", client.id, "Tin", created_at=now - 5 * 86_400)["id"]
    videos = client.api.videos()
    (stats,) = videos.batchGetStats(part="id,statistics", id=made).execute()["items"]
    assert int(stats["statistics"]["viewCount"]) > 0
    query = {
        "ids": "channel==MINE",
        "startDate": "2020-01-01",
        "endDate": "2020-01-02",
        "metrics": "views",
    }
    assert "rows" not in client.analytics.reports().query(**query).execute()
