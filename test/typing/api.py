"""Tests what checkers see of the public API: never run, but read by mypy and pyright, both strict.

`assert_type` says what an expression is. An ignore says that a line is a mistake which a checker
finds: it would be reported itself if the line were none.
"""
# pyright: reportUnnecessaryTypeIgnoreComment=true

import io
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, assert_never, assert_type

from telnyx_recordings import (
    ActionDeleteResponse,
    ActionDeleteStatusEnum,
    APIError,
    APIStatusError,
    AsyncClient,
    AsyncPage,
    AsyncRawResponse,
    AudioTranscriptionResponse,
    AudioTranscriptionSegment,
    AzureConfigurationData,
    CallAnalyzedWebhookEvent,
    CallAnsweredWebhookEvent,
    CallCommandResponse,
    CallConversationInsightsGeneratedWebhookEvent,
    CallDialResponse,
    CallDialResult,
    CallHangupWebhookEvent,
    CallRecordingError,
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedPayload,
    CallRecordingSavedWebhookEvent,
    CallRecordingTranscriptionSaved,
    CallRecordingTranscriptionSavedPayload,
    CallRecordingTranscriptionSavedWebhookEvent,
    CallTranscriptionWebhookEvent,
    ChannelsEnum,
    Client,
    ConferenceCommandResponse,
    ConferenceRecordingSavedWebhookEvent,
    CredentialsResponse,
    DateRange,
    DateTimeRange,
    Downloaded,
    ErrorDetail,
    ErrorResponse,
    GcsConfigurationData,
    Legs,
    MediaAccessError,
    ModelError,
    NotFoundError,
    OutboundVoiceProfileResponse,
    Page,
    PaginationMeta,
    PhoneNumberVoiceResponse,
    PhoneNumberVoiceSettings,
    RateLimitError,
    RawResponse,
    RecordingListFilter,
    RecordingResponse,
    RecordingResponseData,
    RecordingResponseDataDownloadUrls,
    RecordingTranscription,
    RecordingTranscriptionDeleteResponse,
    RecordingTranscriptionListMeta,
    RoomRecording,
    RoomRecordingDeleteBulkResponse,
    RoomRecordingResponse,
    S3ConfigurationData,
    S3GenericConfigurationData,
    StatusEnum,
    StorageBackendEnum,
    TelnyxRecordingsError,
    TexmlCallRecording,
    TexmlConferenceRecording,
    TexmlConferenceRecordingList,
    TexmlRecording,
    TexmlRecordingList,
    TexmlTranscription,
    TexmlTranscriptionList,
    UnknownVariant,
    archive,
    errors,
    media,
    models,
    split_channels,
    webhooks,
)
from telnyx_recordings import types as official
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.types import recording_list_params


def clients(executor: Executor) -> None:
    """A client is made, copied and closed; the extras' methods are there."""

    def before(request: Request) -> None:
        assert_type(request.headers, dict[str, str])

    def after(request: Request, answer: Response | Failure, seconds: float) -> None:
        assert_type((request.method, request.path, seconds), tuple[str, str, float])
        if isinstance(answer, Response):
            assert_type(answer.request_id, str | None)
        else:
            assert_type(answer, Failure)

    client = Client(
        "KEY",
        "https://api.telnyx.eu/v2",
        timeout=10,
        max_retries=0,
        deadline=60.0,
        default_headers={"x-team": "audio"},
        before_request=before,
        after_response=after,
        media_hosts=["media.example.com"],
    )
    with client as entered, client.with_options(timeout=1.5) as patient:
        assert_type(entered, Client)
        assert_type(patient, Client)
    assert_type((client.base_url, client.timeout, client.max_retries), tuple[str, float, int])
    assert_type(client.close(), None)
    Client(proxy="http://127.0.0.1:3128")
    Client(timeout="10")  # type: ignore[arg-type]  # seconds are a number
    Client(retries=3)  # type: ignore[call-arg]  # it is called max_retries
    Client(before_request=after)  # type: ignore[arg-type]  # it takes one argument
    Client(media_hosts=7)  # type: ignore[arg-type]  # hosts are texts
    client.with_options(api_key="KEY")  # type: ignore[call-arg]  # another key is another client
    client.record  # type: ignore[attr-defined]  # a resource that there is not  # noqa: B018
    assert_type(
        client.archive("s3://bucket/prefix", formats=["wav", "mp3"], executor=executor),
        archive.Reconciliation,
    )


def commands(client: Client) -> None:
    """Commands have the call shapes of the official SDK, and say what id they were sent with."""
    dialed = client.calls.dial(connection_id="1", from_="+1", to="+2", record="record-from-answer")
    assert_type(dialed, CallDialResponse)
    assert_type(dialed.data, CallDialResult)
    actions = client.calls.actions
    started = actions.start_recording("id", format="mp3", channels="dual", transcription=True)
    assert_type(started, CallCommandResponse)
    assert_type(started.command_id, str | None)
    assert_type(actions.stop_recording("id", command_id="c"), CallCommandResponse)
    assert_type(actions.pause_recording("id", recording_id="r"), CallCommandResponse)
    assert_type(actions.resume_recording("id"), CallCommandResponse)
    actions.start_recording("id", format="mp3")  # type: ignore[call-arg]  # one channel or two?
    conferences = client.conferences.actions
    assert_type(conferences.record_start("id", format="wav"), ConferenceCommandResponse)
    assert_type(conferences.record_stop("id", region="US"), ConferenceCommandResponse)
    assert_type(conferences.record_pause("id"), ConferenceCommandResponse)
    assert_type(conferences.record_resume("id"), ConferenceCommandResponse)
    raw = actions.with_raw_response.stop_recording("id")
    assert_type(raw, RawResponse[CallCommandResponse])
    assert_type(raw.idempotency_key, str | None)


def settings(client: Client) -> None:
    """Settings of recording are typed; the rest is kept aside."""
    voice = client.phone_numbers.voice
    assert_type(voice.retrieve("id"), PhoneNumberVoiceResponse)
    changed = voice.update("id", call_recording={"inbound_call_recording_enabled": True})
    assert_type(changed.data, PhoneNumberVoiceSettings)
    profiles = client.outbound_voice_profiles
    assert_type(profiles.retrieve("id"), OutboundVoiceProfileResponse)
    assert_type(profiles.update("id", name="office"), OutboundVoiceProfileResponse)


def texml(client: Client) -> None:
    """Lists that are linked are iterable, and dates and durations are typed."""
    accounts = client.texml.accounts
    page = accounts.retrieve_recordings_json("a", page_size=5)
    rows: Page[TexmlRecording, TexmlRecordingList] = page
    assert_type(rows.data, list[TexmlRecording])
    assert_type(page.recordings, list[TexmlRecording])
    assert_type(page.get_next_page().recordings, list[TexmlRecording])
    for each in page.iter_pages():
        assert_type(each.recordings, list[TexmlRecording])
    len(page.transcriptions)  # type: ignore[attr-defined]  # of another list
    for recording in page:
        assert_type(recording.duration, float | None)
        assert_type(recording.date_created, datetime | None)
    assert_type(page.meta.next_page_uri, str | None)
    texts = accounts.retrieve_transcriptions_json("a")
    assert_type(texts.transcriptions, list[TexmlTranscription])
    assert_type(texts.meta, TexmlTranscriptionList)
    one = accounts.recordings.json.retrieve_recording_sid_json("r", account_sid="a")
    assert_type(one, TexmlRecording)
    accounts.recordings.json.delete_recording_sid_json("r", account_sid="a")
    transcriptions = accounts.transcriptions.json
    assert_type(
        transcriptions.retrieve_recording_transcription_sid_json("t", account_sid="a"),
        TexmlTranscription,
    )
    transcriptions.delete_recording_transcription_sid_json("t", account_sid="a")
    calls = accounts.calls
    of_call = calls.recordings_json.retrieve_recordings_json("c", account_sid="a")
    assert_type(of_call.recordings, list[TexmlRecording])
    begun = calls.recordings_json.recordings_json("c", account_sid="a", play_beep=False)
    assert_type(begun, TexmlCallRecording)
    paused = calls.recordings.recording_sid_json(
        "r", account_sid="a", call_sid="c", status="paused"
    )
    assert_type(paused, TexmlCallRecording)
    of_conference = accounts.conferences.retrieve_recordings("c", account_sid="a")
    assert_type(of_conference.recordings, list[TexmlConferenceRecording])
    assert_type(of_conference.meta, TexmlConferenceRecordingList)
    of_conference_json = accounts.conferences.retrieve_recordings_json("c", account_sid="a")
    assert_type(of_conference_json.recordings, list[TexmlRecording])


async def texml_async(client: AsyncClient) -> None:
    """Lists that are linked have the same types in async code."""
    accounts = client.texml.accounts
    page = await accounts.retrieve_recordings_json("a", page_size=5)
    assert_type(page.recordings, list[TexmlRecording])
    assert_type((await page.get_next_page()).recordings, list[TexmlRecording])
    async for each in page.iter_pages():
        assert_type(each.recordings, list[TexmlRecording])
    async for row in accounts.retrieve_transcriptions_json("a"):
        assert_type(row, TexmlTranscription)
    texts = await accounts.retrieve_transcriptions_json("a")
    assert_type(texts.transcriptions, list[TexmlTranscription])
    of_conference = await accounts.conferences.retrieve_recordings("c", account_sid="a")
    assert_type(of_conference.recordings, list[TexmlConferenceRecording])


def rooms_and_files(client: Client) -> None:
    """Recordings of rooms are listed by days, and files are transcribed."""
    rooms = client.room_recordings
    listed = rooms.list(filter={"date_started_at": {"gte": "2026-02-01"}}, page_size=10)
    assert_type(listed, Page[RoomRecording, PaginationMeta])
    assert_type(rooms.retrieve("id"), RoomRecordingResponse)
    assert_type(rooms.delete_bulk(filter={"room_id": "r"}), RoomRecordingDeleteBulkResponse)
    rooms.delete("id")
    text = client.ai.audio.transcribe(file=b"RIFF", model="deepgram/nova-3")
    assert_type(text, AudioTranscriptionResponse)
    assert_type(text.segments, list[AudioTranscriptionSegment] | None)


def recordings(client: Client) -> None:
    """Every method has the type of its answer, also raw and streamed."""
    filter_ = RecordingListFilter(from_="+13125550142")
    page = client.recordings.list(filter=filter_, page_number=1, page_size=250, prefetch=8)
    assert_type(page, Page[RecordingResponseData, PaginationMeta])
    assert_type(page.data, list[RecordingResponseData])
    assert_type(page.meta, PaginationMeta)
    assert_type(page.has_next_page(), bool)
    assert_type(page.get_next_page(), Page[RecordingResponseData, PaginationMeta])
    for recording in client.recordings.list(filter={"created_at": {"gte": datetime.now(UTC)}}):
        assert_type(recording, RecordingResponseData)
    for each in page.iter_pages():
        assert_type(each, Page[RecordingResponseData, PaginationMeta])

    answer = client.recordings.retrieve("id", timeout=5, max_retries=1, extra_headers={"x-a": "b"})
    assert_type(answer, RecordingResponse)
    assert_type(answer.data, RecordingResponseData)
    assert_type(answer.already_absent, bool | None)
    assert_type(client.recordings.delete("id"), RecordingResponse)
    recording = client.recordings.list().data[0]
    assert_type(client.recordings.delete(recording), RecordingResponse)
    client.recordings.actions.delete(ids=[recording, "b"])
    deleted = client.recordings.actions.delete(ids=["a", "b"])
    assert_type(deleted, ActionDeleteResponse)
    assert_type(deleted.status, ActionDeleteStatusEnum | None)

    raw = client.recordings.with_raw_response.retrieve("id")
    assert_type(raw, RawResponse[RecordingResponse])
    assert_type(raw.parse(), RecordingResponse)
    assert_type(raw.content, bytes)
    assert_type(raw.request_id, str | None)
    pages = client.recordings.with_raw_response.list(page_size=9).parse()
    assert_type(pages, Page[RecordingResponseData, PaginationMeta])
    with client.recordings.with_streaming_response.list() as listed:
        assert_type(listed.parse(), Page[RecordingResponseData, PaginationMeta])
    with client.recordings.with_streaming_response.retrieve("id") as streamed:
        assert_type(streamed.read(), bytes)
        assert_type(streamed.parse(), RecordingResponse)

    client.recordings.retrieve()  # type: ignore[call-arg]  # which one?
    client.recordings.retrieve(7)  # type: ignore[arg-type]  # ids are texts
    client.recordings.retrieve("id", prefetch=3)  # type: ignore[call-arg]  # there are no pages
    client.recordings.list(RecordingListFilter())  # type: ignore[call-arg]  # needs its name
    client.recordings.list(page_size="250")  # type: ignore[arg-type]  # a number
    client.recordings.list(order="newest")  # type: ignore[call-arg]  # Telnyx promises no order
    client.recordings.actions.delete(ids=[1])  # type: ignore[list-item]  # ids are texts
    client.recordings.with_raw_response.retrieve(7)  # type: ignore[arg-type]  # raw ones as well
    list(client.recordings.retrieve("id"))  # type: ignore[call-overload]  # one, not a list


def filters(client: Client) -> None:
    """Times of filters are datetimes, dates or strings."""
    for time in (datetime.now(UTC), datetime.now(UTC).date(), "2026-03-01"):
        span = DateTimeRange(gte=time, lte=None)
        client.recordings.list(filter=RecordingListFilter(created_at=span, end_time=span))
        client.recordings.list(filter={"created_at": {"gte": time}, "start_time": span})
        client.room_recordings.list(filter={"date_started_at": {"eq": time}})
        client.room_recordings.list(
            filter={"date_started_at": DateRange(eq=time, lte="2026-03-01")}
        )
        client.texml.accounts.retrieve_recordings_json("a", date_created=time)
    client.recordings.list(filter={"from": "+1", "to": None, "from_": "+1"})
    wanted: models.RecordingListFilterDict = {"from": "+1"}
    wanted["created_at"] = {"gte": "2026-03-01"}
    client.recordings.list(filter=wanted)
    wanted["too"] = "+1"  # type: ignore[typeddict-unknown-key]  # to
    client.recordings.list(filter={"fron": "+1"})  # type: ignore[arg-type]  # from
    client.recordings.list(filter={"from": 1})  # type: ignore[arg-type]  # a text
    client.recordings.list(filter={"end_time": {"gt": time}})  # type: ignore[arg-type]  # gte
    client.room_recordings.delete_bulk(filter={"rom": "r"})  # type: ignore[arg-type]  # room_id
    storage = client.custom_storage_credentials
    storage.create("1", backend="s3", configuration={"bucket": "b"})
    storage.create("1", backend="s3", configuration={"buket": "b"})  # type: ignore[arg-type]  # bucket
    client.phone_numbers.voice.update("1", call_recording={"enabled": True})  # type: ignore[arg-type]  # inbound_…
    DateTimeRange(gte=5)  # type: ignore[arg-type]  # a time
    DateTimeRange(form="2026-03-01")  # type: ignore[call-arg]  # no such bound


def transcriptions_and_credentials(client: Client) -> None:
    """Of the other resources too, and a choice between models is a union."""
    for row in client.recording_transcriptions.list(filter={"recording_id": "id"}):
        assert_type(row, RecordingTranscription)
    page = client.recording_transcriptions.list()
    assert_type(page, Page[RecordingTranscription, RecordingTranscriptionListMeta])
    gone = client.recording_transcriptions.delete("id")
    assert_type(gone, RecordingTranscriptionDeleteResponse)

    storage = client.custom_storage_credentials
    assert_type(storage.retrieve("1"), CredentialsResponse)
    assert_type(storage.delete("1"), None)
    google = GcsConfigurationData(backend=StorageBackendEnum.GCS, bucket="audio")
    made = storage.create("1", backend=StorageBackendEnum.GCS, configuration=google)
    storage.update("1", backend="gcs", configuration={"backend": "gcs", "bucket": "audio"})
    match made.data.configuration:
        case GcsConfigurationData() | S3ConfigurationData() | S3GenericConfigurationData():
            pass
        case AzureConfigurationData() as azure:
            assert_type(azure.account_name, str | None)
        case UnknownVariant() as unknown:
            assert_type(unknown.additional_properties, dict[str, Any])
        case _:
            assert_never(made.data.configuration)
    storage.create("1", backend="gcs")  # type: ignore[call-arg]  # and the configuration?
    storage.create("1", backend=7, configuration=google)  # type: ignore[arg-type]  # a kind, by name


def official_arguments(client: Client) -> None:
    """Arguments as the dicts of the official SDK are the same types."""
    span: recording_list_params.FilterCreatedAt = {"gte": "2026-03-01"}
    wanted: recording_list_params.Filter = {"from": "+1", "created_at": span}
    params: official.RecordingListParams = {"filter": wanted, "page_size": 9}
    client.recordings.list(**params)
    client.recordings.list(filter=wanted)
    client.archive("audio", filter=wanted)
    texts: official.RecordingTranscriptionListParams = {"filter": {"created_at": span}}
    client.recording_transcriptions.list(**texts)
    bucket: official.GcsConfigurationDataParam = {"backend": "gcs", "bucket": "b"}
    storage: official.CustomStorageCredentialCreateParams = {
        "backend": "gcs",
        "configuration": bucket,
    }
    client.custom_storage_credentials.create("1", **storage)
    changed: official.CustomStorageCredentialUpdateParams = storage
    client.custom_storage_credentials.update("1", **changed)
    ids: official.ActionDeleteParams = {"ids": ["a"]}
    client.recordings.actions.delete(**ids)
    wanted = {"fron": "+1"}  # type: ignore[typeddict-unknown-key]  # from
    storage["configuration"] = {"buket": "b"}  # type: ignore[typeddict-item]  # bucket


async def asynchronous(client: AsyncClient) -> None:
    """The async client is the same, with `await`."""
    async with client as entered:
        assert_type(entered, AsyncClient)
    page = await client.recordings.list(page_size=250)
    assert_type(page, AsyncPage[RecordingResponseData, PaginationMeta])
    assert_type(await page.get_next_page(), AsyncPage[RecordingResponseData, PaginationMeta])
    async for recording in client.recordings.list(prefetch=2):
        assert_type(recording, RecordingResponseData)
    assert_type(await client.recordings.retrieve("id"), RecordingResponse)
    assert_type(await client.recordings.actions.delete(ids=["a"]), ActionDeleteResponse)
    raw = await client.recordings.with_raw_response.delete("id")
    assert_type(raw, AsyncRawResponse[RecordingResponse])
    raw_list = await client.recordings.with_raw_response.list()
    assert_type(await raw_list.parse(), AsyncPage[RecordingResponseData, PaginationMeta])
    async with client.recordings.with_streaming_response.list() as listed:
        assert_type(await listed.parse(), AsyncPage[RecordingResponseData, PaginationMeta])
    assert_type(await raw.parse(), RecordingResponse)
    assert_type(await raw.text(), str)
    assert_type(await raw.read(), bytes)
    async with client.recordings.with_streaming_response.retrieve("id") as streamed:
        assert_type(await streamed.read(), bytes)
        assert_type(await streamed.text(), str)
        async for line in streamed.iter_lines():
            assert_type(line, str)
        assert_type(await streamed.parse(), RecordingResponse)
        async for piece in streamed.iter_bytes():
            assert_type(piece, bytes)
    assert_type(await client.download("id", Path("audio")), Downloaded)
    assert_type(await client.download("id", io.BytesIO()), media.DownloadedToFile)
    async with client.open_audio("id", format="mp3") as audio:
        assert_type(audio, media.AsyncReader)
    assert_type(await client.archive("audio", report=None), archive.Reconciliation)
    await client.archive("audio", filter={"from": "+1", "created_at": {"gte": "2026-03-01"}})
    await client.archive("audio", filter={"fron": "+1"})  # type: ignore[arg-type]  # from
    assert_type(await client.close(), None)

    client.recordings.retrieve("id").data  # type: ignore[attr-defined]  # not awaited  # noqa: B018
    list(client.recordings.list())  # type: ignore[call-overload]  # needs `async for`
    with client:  # type: ignore[attr-defined]  # `async with`
        pass


def model_values() -> None:
    """Fields are what Telnyx may send: any may be absent, and enums are texts."""
    recording = RecordingResponseData.from_dict({"id": "a"})
    assert_type(recording, RecordingResponseData)
    assert_type(RecordingResponseData.from_json(b"{}"), RecordingResponseData)
    assert_type(recording.from_, str | None)
    assert_type(recording.duration_millis, int | None)
    assert_type(recording.created_at, datetime | None)
    assert_type(recording.channels, ChannelsEnum | None)
    assert_type(recording.download_urls, RecordingResponseDataDownloadUrls | None)
    assert_type(recording.additional_properties, dict[str, Any])
    assert_type(recording.to_dict(), dict[str, Any])
    assert_type(recording.to_json(), str)
    assert_type(StatusEnum("archived"), StatusEnum)
    assert_type(StatusEnum.COMPLETED.is_known, bool)
    assert_type(models.RecordingResponseData(), official.RecordingResponseData)
    ChannelsEnum.DUAL.upper()

    recording.from_.lower()  # type: ignore[union-attr]  # may be absent
    recording.duration  # type: ignore[attr-defined]  # duration_millis  # noqa: B018
    RecordingResponseData({})  # type: ignore[call-arg]  # fields have names
    RecordingResponseData(duration_millis="7")  # type: ignore[arg-type]  # a number
    RecordingResponseData(length=7)  # type: ignore[call-arg]  # no such field
    ChannelsEnum.TRIPLE  # type: ignore[attr-defined]  # no such member  # noqa: B018


def audio(client: Client, recording: RecordingResponseData) -> None:
    """Audio goes to a path, a folder or an open file, or is read as it comes."""

    def show(done: int, total: int) -> None:
        assert_type(done / total, float)

    found = client.download(recording, "folder/", format="wav", progress=show)
    assert_type(found, Downloaded)
    assert_type(found.path, Path)
    assert_type(found.size, int)
    assert_type(found.sha256, str)
    assert_type(client.download("id", Path("x.wav")).path, Path)
    into = client.download("id", io.BytesIO())
    assert_type(into, media.DownloadedToFile)
    assert_type(into.path, None)
    either = client.download("id", Path() if recording.id else io.BytesIO())
    assert_type(either, Downloaded | media.DownloadedToFile)
    assert isinstance(either, media.DownloadedAudio)
    assert_type(either.size, int)
    with client.open_audio(recording) as stream:
        assert_type(stream.read(), bytes)
    assert_type(split_channels("dual.wav", folder="legs"), Legs)

    client.download(recording, "x", format="ogg")  # type: ignore[call-overload]  # wav or mp3
    client.download(recording, io.StringIO())  # type: ignore[call-overload]  # audio is bytes
    client.download(None, "x")  # type: ignore[call-overload]  # of which recording?
    client.download({"id": "r"}, "x")  # type: ignore[call-overload]  # a dict has no attributes


async def objects_as_ids(client: Client, other: AsyncClient) -> None:
    """What has the id of a recording may be given instead of it."""
    saved = CallRecordingSavedPayload(recording_id="r", call_control_id="c")
    text = RecordingTranscription(id="t", recording_id="r")
    for given in (saved, text, CallRecordingTranscriptionSavedPayload(recording_id="r")):
        assert_type(client.download(given, "x.wav"), Downloaded)
        assert_type(client.open_audio(given), io.BufferedReader)
        assert_type(await other.download(given, "x.wav"), Downloaded)
        assert_type(other.open_audio(given), media.AsyncReader)
        client.recordings.delete(given)
        client.recordings.actions.delete(ids=[given, "a"])
        await other.recordings.actions.delete(ids=[given, "a"])
        client.archive("audio", ids=[given])
        client.calls.actions.stop_recording(saved, recording_id=given)
    client.recording_transcriptions.delete(text)
    client.calls.actions.stop_recording("c", recording_id=7)  # type: ignore[arg-type]  # a text


def archives(client: Client) -> None:
    """An archive tells what became of each recording."""

    def show(progress: archive.Progress) -> None:
        assert_type(progress.phase, str)

    result = client.archive(
        Path("audio"),
        filter={"connection_id": "7"},
        transcripts=False,
        min_age=timedelta(days=1),
        max_delete=100,
        dry_run=True,
        progress=show,
        report=None,
    )
    assert_type(result.stored.count, int)
    assert_type(result.problems, tuple[archive.Problem, ...])
    assert_type(archive.verify("audio"), archive.Verification)
    assert_type(archive.repair("audio", client).repaired, tuple[archive.Damage, ...])
    assert_type(archive.purge("audio", ids=["a"], dry_run=True), archive.Purge)
    recording = client.recordings.list().data[0]
    client.archive("audio", ids=[recording, "a"])
    archive.purge("audio", ids=[recording, "a"])
    archive.hold("audio", ids=[recording, "a"], reason="court")
    archive.release("audio", ids=[recording, "a"])
    archive.export("audio", "out", ids=[recording, "a"])
    archive.purge("audio", ids=[CallRecordingSavedPayload(recording_id="a")])
    archive.purge("audio", ids=[7])  # type: ignore[list-item]  # ids are texts
    client.archive("audio", filter={"fron": "+1"})  # type: ignore[arg-type]  # from
    client.archive("audio", filter={"created_at": {"gt": "x"}})  # type: ignore[arg-type]  # gte
    archive.export("audio", "out", filter={"fron": "+1"})  # type: ignore[arg-type]  # from
    client.archive("audio", formats=["flac"])  # type: ignore[list-item]  # wav or mp3
    client.archive("audio", min_age=24)  # type: ignore[arg-type]  # of what?
    client.archive("audio", report="csv")  # type: ignore[arg-type]  # a table or JSON


def receive(body: bytes, headers: dict[str, str], keys: Sequence[str]) -> str | None:
    """A webhook is one of ten things, and a checker knows when one is forgotten."""
    event = webhooks.unwrap(body, headers, public_key=keys, seen=lambda name: name == "")
    assert_type(event, webhooks.Event)
    assert_type(webhooks.event_id(event), str | None)
    assert_type(webhooks.sign(body, private_key=""), dict[str, str])
    assert_type(webhooks.generate_keys().public_key, str)
    assert_type(Client().webhooks.unwrap(body, headers, key=""), webhooks.Event)
    webhooks.verify({"data": 1}, headers)  # type: ignore[arg-type]  # the raw body
    webhooks.unwrap(body)  # type: ignore[call-arg]  # and the headers?
    match event:
        case CallRecordingSavedWebhookEvent() | ConferenceRecordingSavedWebhookEvent():
            saved = event.data.payload if event.data is not None else None
            return saved.recording_id if saved is not None else None
        case CallRecordingErrorWebhookEvent():
            assert_type(event.data, CallRecordingError | None)
            return None
        case CallRecordingTranscriptionSavedWebhookEvent():
            assert_type(event.data, CallRecordingTranscriptionSaved | None)
            return None
        case (
            CallAnsweredWebhookEvent()
            | CallHangupWebhookEvent()
            | CallTranscriptionWebhookEvent()
            | CallAnalyzedWebhookEvent()
            | CallConversationInsightsGeneratedWebhookEvent()
        ):
            return event.data.id if event.data is not None else None
        case webhooks.UnknownEvent():
            return event.event_type
        case _:
            assert_never(event)


def failures(client: Client) -> None:
    """Errors have types of their own, with what programs need of them."""
    try:
        client.recordings.retrieve("id")
    except NotFoundError as error:
        assert_type(error.status_code, int)
        assert_type(error.code, str | None)
        assert_type(error.errors, list[dict[str, Any]])
        if isinstance(error.parsed, ErrorResponse):
            assert_type(error.parsed.errors, list[ErrorDetail] | None)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except (APIStatusError, MediaAccessError, ModelError) as error:
        assert_type(error.message, str)
    except APIError as error:
        assert_type(error.ambiguous, bool)
    except errors.ConfigError as error:
        assert_type(error, errors.ConfigError)
    except TelnyxRecordingsError as error:
        assert_type(error.message, str)
    errors.RateLimit  # type: ignore[attr-defined]  # RateLimitError  # noqa: B018
