"""Records written for these tests, each with the cause and the piece it must land on."""

from __future__ import annotations

from typing import Any

Case = tuple[str, str | None, dict[str, Any]]


def said(error: str, **details: Any) -> dict[str, Any]:
    """A record in the seed's form."""
    return {"error": error, "details": {"shotgun_id": 4711, **details}}


def changed(entity_type: str, error: str | None = None, **members: Any) -> dict[str, Any]:
    """A ShotGrid event as a mirror sends it."""
    event: dict[str, Any] = {
        "type": "EventLogEntry",
        "id": 900,
        "event_type": f"Shotgun_{entity_type}_Change",
        "entity": {"type": entity_type, "id": 4711, "name": "owl_0010"},
        "meta": {"entity_id": 4711, "entity_type": entity_type, "type": "attribute_change"},
        "project": {"type": "Project", "id": 9, "name": "Owl"},
        **members,
    }
    if error is not None:
        event["error"] = error
    return event


def trace(last: str, *frames: str) -> str:
    """A Python traceback that ends in this line; frames are `file:function:source`."""
    lines = ["Traceback (most recent call last):"]
    for frame in frames:
        file, function, source = frame.split(":", 2)
        lines += [f'  File "/opt/bridge/{file}", line 12, in {function}', f"    {source}"]
    return "\n".join([*lines, last])


OWL = {"type": "Project", "id": 9, "name": "Owl"}
IDA = {"type": "HumanUser", "id": 31, "name": "Ida Berg"}

CASES: list[Case] = [
    # Something it hangs on is not there
    ("project-not-in-target", "Owl", said("Project \"Owl\" does not exist in Kitsu", project=OWL)),
    ("project-not-in-target", "Owl", said("404 Not Found", project=OWL, response_text='{"message": "No production named Owl"}')),
    ("project-not-in-target", "Owl", said("Le projet « Owl » est introuvable dans Kitsu")),
    ("project-not-in-target", "Owl", said("プロジェクト「Owl」が見つかりません", project="Owl")),
    ("project-not-in-target", "Owl", said("未找到项目 Owl", project="Owl")),
    ("project-not-in-target", "Owl", said("El proyecto 'Owl' no existe en el destino", project="Owl")),
    ("project-not-in-target", "Owl", said(trace("KeyError: 'Owl'", "sync.py:push:pid = projects[name]"), project=OWL)),
    ("project-not-in-target", "Owl", said("dropped", project=OWL, sent=1, returned=0, project_in_target=False)),
    ("project-not-in-target", "Owl", said("ERREUR:  une valeur NULL viole la contrainte NOT NULL de la colonne « project_id » dans la relation « entity »", project=OWL)),
    ("project-not-in-target", "Owl", said("ProjectNotFound: Owl", project=OWL)),
    ("status-not-mapped", "rtk2", said("No mapping for status 'rtk2'")),
    ("status-not-mapped", "rtk2", said("Unknown task status: rtk2", sg_status_list="rtk2")),
    ("status-not-mapped", "rtk2", said("Status 'rtk2' existiert nicht in Kitsu")),
    ("status-not-mapped", "rtk2", said("ステータス「rtk2」は存在しません")),
    ("status-not-mapped", "rtk2", said(trace("KeyError: 'rtk2'", "push.py:status:return MAP[code]"), sg_status_list="rtk2")),
    ("status-not-mapped", "rtk2", changed("Task", "status rtk2 is not mapped", attribute_name="sg_status_list")),
    ("task-type-not-in-target", "rotoanim", said("Task type 'Rotoanim' could not be found")),
    ("task-type-not-in-target", "rotoanim", said("Aufgabentyp »Rotoanim« nicht gefunden")),
    ("task-type-not-in-target", "rotoanim", said("unknown step", step={"type": "Step", "id": 5, "name": "Rotoanim"})),
    ("task-type-not-in-target", "rotoanim", said("le type de tâche \"Rotoanim\" n'existe pas")),
    ("assignee-not-in-target", "HumanUser 31", said("KeyError: 31", entity_type="Task", task_assignees=[IDA])),
    ("assignee-not-in-target", "HumanUser 31", said("Person not found: Ida Berg", entity_type="Task", task_assignees=[IDA])),
    ("assignee-not-in-target", "ida@owl.example", said("Could not find user with email ida@owl.example")),
    ("assignee-not-in-target", "HumanUser 31", said("null value in column \"person_id\" of relation \"comment\" violates not-null constraint", entity_type="Note", user=IDA)),
    ("assignee-not-in-target", "HumanUser 31", said("Benutzer 'Ida Berg' existiert nicht", task_assignees=[IDA])),
    ("assignee-is-a-group", "Group 8", said("KeyError: 8", entity_type="Task", task_assignees=[{"type": "Group", "id": 8, "name": "Rig"}])),
    ("assignee-is-a-group", None, said("Cannot assign Group 8: only people can be assigned")),
    ("parent-not-imported-yet", None, said("Sequence SQ020 does not exist in Kitsu yet", entity_type="Shot")),
    ("parent-not-imported-yet", None, said("Elternteil noch nicht importiert", entity_type="Shot")),
    ("parent-not-imported-yet", None, said("parent shot not found for task", entity_type="Task")),
    ("parent-not-imported-yet", None, said("Task 55 not found, note skipped", entity_type="Note")),
    ("parent-not-imported-yet", None, said("la séquence SQ020 n'existe pas encore dans Kitsu", entity_type="Shot")),
    ("asset-type-not-in-target", "vehicle", said("Unknown asset type 'Vehicle'", entity_type="Asset")),
    ("department-not-in-target", "matte", said("department 'Matte' not found")),
    ("entity-type-unsupported", "CustomEntity11", said("entity type CustomEntity11 is not supported", entity_type="CustomEntity11")),
    ("entity-type-unsupported", "Playlist", said("Don't know how to handle events of type Playlist", entity_type="Playlist")),
    # Outages, from several sides
    ("target-down", None, said("curl: (7) Failed to connect to kitsu.owl.example port 443: Connection refused")),
    ("target-down", None, said("httpx.ConnectTimeout: timed out", request="POST https://kitsu.owl.example/api/import/shotgun/shots")),
    ("target-down", None, said("aiohttp.client_exceptions.ServerDisconnectedError: Server disconnected")),
    ("target-down", None, said("sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: FATAL:  the database system is starting up")),
    ("target-down", None, said("response was not JSON", http_status=503, response_text="<html><title>Wartungsarbeiten</title></html>")),
    ("target-down", None, said("Verbindungsaufbau abgelehnt: kitsu.owl.example:443")),
    ("target-down", None, said("[Errno 113] No route to host")),
    ("target-down", None, said("upstream connect error or disconnect/reset before headers. reset reason: connection failure", http_status=503)),
    ("target-down", None, said("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.")),
    ("target-down", None, said("La conexión fue rechazada por el servidor: conexión rechazada")),
    ("source-busy", None, said("xmlrpc.client.ProtocolError: <ProtocolError for owl.shotgrid.autodesk.com/api3: 503 Service Unavailable>")),
    ("source-busy", None, said("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='owl.shotgrid.autodesk.com', port=443): Read timed out.")),
    ("source-busy", None, said("429 Too Many Requests for https://owl.shotgrid.autodesk.com/api/v1/entity/shots")),
    ("source-busy", None, said("shotgun_api3: socket.timeout: The read operation timed out")),
    ("media-store-throttled", None, said("botocore.exceptions.ConnectTimeoutError: Connect timeout on endpoint URL: \"https://owl.s3.amazonaws.com/x.mov\"")),
    ("media-store-throttled", None, said("S3: 503 Slow Down, please reduce your request rate")),
    ("target-db-busy", None, said("psycopg.errors.SerializationFailure: could not serialize access due to concurrent update")),
    ("target-db-busy", None, said("FEHLER:  Verklemmung entdeckt")),
    ("target-throttled", None, said("HTTP 429: rate limit exceeded, retry after 30 s", url="https://kitsu.owl.example/api")),
    ("host-name-unknown", "kitsu.owl.example", said("curl: (6) Could not resolve host: kitsu.owl.example")),
    ("host-name-unknown", "kitsu.owl.example", said("httpx.ConnectError: [Errno -3] Temporary failure in name resolution", request="GET https://kitsu.owl.example/api")),
    ("certificate-not-trusted", "kitsu.owl.example", said("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired')) for https://kitsu.owl.example/api")),
    ("proxy-refuses", None, said("OSError: Tunnel connection failed: 407 Proxy Authentication Required")),
    ("proxy-login-page", None, said("JSONDecodeError: Expecting value: line 1 column 1 (char 0)", response_text="<html><head><title>Anmelden</title></head><body><form action='/oauth2'>")),
    ("proxy-login-page", None, said("unexpected mimetype: text/html", response_text="<!doctype html><title>Okta - Sign In</title>")),
    # Sign-in and rights
    ("target-token-expired", None, said("401 Unauthorized: Token has expired", request="https://kitsu.owl.example/api/data")),
    ("target-token-revoked", None, said("Token has been revoked", request="https://kitsu.owl.example/api/data")),
    ("target-sign-in-refused", None, said("gazu.exception.AuthFailedException: Login failed")),
    ("source-auth-refused", "nightly", said("AuthenticationFault: Can't authenticate script 'nightly'")),
    ("target-permission-denied", None, said("403 Client Error: FORBIDDEN for url: https://kitsu.owl.example/api/data/persons")),
    ("account-disabled", None, said("This user account is disabled", request="https://kitsu.owl.example/api/auth/login")),
    ("licence-used-up", None, said("Maximum number of users reached for your plan: user limit 25")),
    # The payload
    ("payload-lacks-field", "sg_due", said("KeyError: 'sg_due'", entity_type="Task")),
    ("payload-lacks-field", "sg_due", said("Missing required field: sg_due", entity_type="Task")),
    ("payload-lacks-field", "sg_due", said("TypeError: Cannot read properties of undefined (reading 'sg_due')")),
    ("movie-is-a-local-file-link", None, said("KeyError: 'url'", sg_uploaded_movie={"link_type": "local", "local_path": "P:\\a.mov"})),
    ("cast-list-is-null", None, said("TypeError: object of type 'NoneType' has no len()", entity_type="Shot", assets=None)),
    ("frame-range-is-text", None, said(trace('TypeError: can only concatenate str (not "int") to str', "shot.py:frames:return shot['sg_cut_in'] + 1"), entity_type="Shot")),
    ("batch-not-a-list", None, said("TypeError: list expected, got a single dict: expected a list of entities")),
    ("source-entity-deleted", None, said("Shot 55 has been deleted in ShotGrid")),
    ("source-entity-deleted", None, said("Unable to find Asset 12 in ShotGrid, was it retired?")),
    ("event-without-error-text", None, changed("Shot")),
    ("source-field-missing", "Shot.sg_gone", said("Fault: API read() Shot.sg_gone doesn't exist.", entity_type="Shot")),
    ("source-field-missing", "Shot.sg_gone", said("field sg_gone does not exist on Shot", entity_type="Shot")),
    ("field-not-editable", "Task.sg_note", said("Fault: API update() [Task.sg_note] is not editable for this user")),
    ("wrong-value-type", "Shot.sg_len", said("API update() Shot.sg_len expected [Integer, NilClass] data type(s) but got String: '12'")),
    ("source-name-must-be-unique", "Asset.code", said("API create() CRUD ERROR #3: Create failed for [Asset.code]. The value is required to be unique.")),
    ("source-type-missing", "CustomEntity30", said("Fault: API read() invalid/missing string entity 'type'", entity_type="CustomEntity30")),
    # The database
    ("duplicate-task", None, said("duplicate key value violates unique constraint \"task_uc\"", entity_type="Task")),
    ("duplicate-entity", None, said("llave duplicada viola restricción de unicidad «entity_uc»", entity_type="Shot")),
    ("duplicate-entity", None, said("Similar asset already exists or project is missing: {'name': 'Owl', 'project_id': UUID('7c7703d6-0a52-42db-a8c0-50bb1118a6c3')}", project=OWL)),
    ("person-email-taken", None, said("une valeur dupliquée rompt la contrainte unique « only_one_email_by_person »", entity_type="HumanUser")),
    ("value-taken", "department_name_key", said("duplicate key value violates unique constraint \"department_name_key\"")),
    ("text-too-long", "task varchar(80)", said("(psycopg.errors.StringDataRightTruncation) value too long for type character varying(80)\n[SQL: INSERT INTO task (name) VALUES (%(name)s)]")),
    ("text-too-long", "entity varchar(160)", said("FEHLER:  Wert zu lang für Typ character varying(160)", entity_type="Shot")),
    ("value-must-not-be-empty", "person.last_name", said("null value in column \"last_name\" of relation \"person\" violates not-null constraint")),
    ("foreign-key-violated", "task_entity_id_fkey", said("insert or update on table \"task\" violates foreign key constraint \"task_entity_id_fkey\"")),
    ("date-not-readable", None, said("ValueError: time data '31/12/2026' does not match format '%Y-%m-%d'")),
    ("nul-character", None, said("ValueError: A string literal cannot contain NUL (0x00) characters.")),
    # Media
    ("target-disk-full", None, said("OSError: [Errno 28] No space left on device")),
    ("target-disk-full", None, said("[Errno 28] Aucun espace disponible sur le périphérique: '/opt/zou/previews'")),
    ("media-file-missing", None, said("FileNotFoundError: [WinError 3] Das System kann den angegebenen Pfad nicht finden: 'P:\\owl\\a.mov'", entity_type="Version")),
    ("media-file-missing", None, said("[Errno 2] Aucun fichier ou dossier de ce type: '/mnt/owl/a.mov'", entity_type="Version")),
    ("media-file-missing", None, said("指定されたファイルが見つかりません。", entity_type="Version")),
    ("media-file-empty", None, said("/mnt/owl/a.mov is an empty file", entity_type="Version")),
    ("file-not-readable", "/mnt/owl", said("PermissionError: [Errno 13] Keine Berechtigung: '/mnt/owl/a.mov'", entity_type="Version")),
    ("media-link-expired", None, said("HTTP Error 403: Forbidden", url="https://owl.s3.amazonaws.com/a.mov?X-Amz-Expires=900", response_text="<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")),
    ("media-access-denied", None, said("An error occurred (AccessDenied) when calling the GetObject operation: Access Denied")),
    ("media-not-in-store", None, said("botocore.errorfactory.NoSuchKey: An error occurred (NoSuchKey) when calling the GetObject operation: The specified key does not exist.")),
    ("media-quarantined", None, said("the file was quarantined: virus found")),
    ("media-malware-scan-pending", None, said("409 Conflict: malware scan in progress, try again later")),
    ("upload-too-large", None, said("413 Payload Too Large", request="https://kitsu.owl.example/api/pictures/preview-files/1")),
    ("codec-not-supported", "prores_raw", said("unsupported codec: prores_raw", entity_type="Version")),
    ("upload-damaged", None, said("checksum mismatch: expected 1a2b, got 3c4d", entity_type="Version")),
    ("movie-cannot-be-read", None, said("owl.mov: Invalid data found when processing input", entity_type="Version")),
    # The importer's machine
    ("module-missing", "gazu", said("ModuleNotFoundError: No module named 'gazu'")),
    ("tool-missing", "ffmpeg", said("FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'")),
    ("out-of-memory", None, said("MemoryError")),
    ("storage-read-only", None, said("OSError: [Errno 30] Read-only file system: '/mnt/owl/a.mov'")),
    ("job-took-too-long", "ffmpeg", said("Command '['ffmpeg', '-i', 'a.mov']' timed out after 900 seconds")),
    # The target and bridges
    ("name-has-forbidden-character", "name", said("1 validation error for TaskModel\nname\n  string does not match regex \"^[a-z]+$\" (type=value_error.str.regex; pattern=^[a-z]+$)")),
    ("id-mismatch", None, said("ValueError: Mismatching ShotGrid IDs, aborting")),
    ("jira-transition-not-allowed", "to do -> done", said("No transition from 'To Do' to 'Done' in this workflow")),
    ("entity-locked", "HumanUser 31", said("Shot is locked by Ida Berg (#31)")),
    ("project-closed", "Owl", said("Project Owl is archived and read-only", project=OWL)),
    ("parents-in-a-circle", None, said("Circular parent reference: a -> b -> a")),
    ("edited-at-the-same-time", None, said("StaleDataError: UPDATE statement on table 'task' expected to update 1 row(s); 0 were matched.")),
    ("several-match", "Owl", said("MultipleResultsFound: Multiple rows were found when one or none was required", project=OWL)),
    ("target-500-without-reason", None, said("gazu.exception.ServerErrorException: /api/import/shotgun/shots", http_status=500)),
    ("target-500-without-reason", None, said("500 Server Error: Internal Server Error for url: https://kitsu.owl.example/api/import/shotgun/tasks")),
]  # fmt: skip
