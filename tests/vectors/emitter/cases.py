"""What the programs of the vectors say. What is expected of an emitter is in vectors.json."""

import hashlib

NOW = 1795244400123456  # 2026-11-21T07:00:00.123456Z in microseconds.
TRACE = {"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7"}
SHA = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
PARENT = "evt_01kajvs94ve8s9p1jdvdbfmwd5"
KEYS = {"acme": "key-of-acme", "beta-2": "key-of-beta"}

# The seven that no event is without.
PLAIN = {"clientId": "acme", "actionType": "content.publish", "actorType": "agent",
         "actorId": "agent-7", "targetType": "post", "targetId": "post-42", "outcome": "success"}
BUILT = [["forClient", "acme"], ["action", "content.publish"], ["actor", "agent", "agent-7"],
         ["target", "post", "post-42"]]

def event(now=NOW, **more):
    return {"now": now, **more}


def case(name, call, events, **emitter):
    for place, each in enumerate(events):
        # 34 bytes, an id's, a trace's and a span's: of the name, so that no case disturbs another.
        each["random"] = hashlib.sha512(f"{name}/{place}".encode()).hexdigest()[:68]
    given = {"keys": KEYS, "producer": None, "trace": None, "redact": [], **emitter}
    if given["producer"] is not None and "random" not in given:
        # Five bytes, of which a spool takes its id if nothing there says that it has one.
        given["random"] = hashlib.sha512(f"{name}/spool".encode()).hexdigest()[:10]
    return {"name": name, "call": call, "emitter": given, "events": events}


def said(name, emitter=None, without=(), now=NOW, **fields):
    """One emit of the plain event with some fields changed."""
    given = {name: value for name, value in {**PLAIN, **fields}.items() if name not in without}
    return case(name, "emit", [event(now=now, input=given)], **(emitter or {}))


def built(name, *steps, emitter=None):
    """One emit by the builder."""
    return case(name, "emit", [event(build=[*BUILT, *steps])], **(emitter or {}))


def batch(name, *events, **emitter):
    return case(name, "buffer", list(events), **{"producer": "worker-1", **emitter})


def line(**fields):
    return event(input={**PLAIN, **fields})


def found(name, state, random):
    """A spool in whose directory is a state already, and with it the id or not."""
    return batch(name, line(targetId="1"), line(targetId="2"), state=state, random=random)


def nested(levels):
    value = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


CASES = [
    # The seven fields and nothing else, both ways.
    said("the seven required fields"),
    built("built: succeeded", ["succeeded"]),
    built("built: failed with code and message", ["failed", "E42", "the post is gone"]),
    built("built: failed with a code", ["failed", "E42"]),
    built("built: failed", ["failed"]),
    built("built: partial", ["partial"]),
    built("built: pending", ["pending"]),
    built("built: withProof", ["succeeded"], ["withProof", {"type": "hash", "sha256": SHA}]),
    built("built: withApiProof", ["succeeded"],
          ["withApiProof", {"status": 201, "id": "42", "tags": ["a", "b"], "draft": False,
                            "note": None}]),
    built("built: withScreenshotProof", ["succeeded"],
          ["withScreenshotProof", "https://shots.example/42.png"]),
    built("built: withScreenshotProof with its hash", ["succeeded"],
          ["withScreenshotProof", "https://shots.example/42.png", SHA]),
    built("built: withMetadata", ["succeeded"],
          ["withMetadata", {"platform": "web", "durationMs": 118}]),
    built("built: withCorrelation", ["succeeded"], ["withCorrelation", "episode-9"]),
    built("built: childOf", ["succeeded"], ["childOf", PARENT]),
    built("built: the last outcome counts", ["pending"], ["failed", "E1", "first"], ["succeeded"]),
    built("built: everything", ["succeeded"], ["withApiProof", {"id": 42}],
          ["withMetadata", {"lane": "api"}], ["withCorrelation", "episode-9"],
          ["childOf", PARENT]),

    # Metadata joins, and of one name the later counts; what is inside a value does not join.
    built("metadata joins", ["withMetadata", {"a": 1, "b": {"x": 1}}],
          ["withMetadata", {"b": {"y": 2}, "c": 3}], ["succeeded"]),
    built("metadata of failed joins", ["withMetadata", {"errorCode": "mine", "lane": "browser"}],
          ["failed", "E42", "no"], ["withMetadata", {"errorMessage": "later"}]),
    built("empty metadata is left out", ["withMetadata", {}], ["succeeded"]),

    # Who.
    *[said(f"actor type {kind}", actorType=kind)
      for kind in ("human", "service", "system", "webhook", "user")],
    *[said(f"outcome {outcome}", outcome=outcome) for outcome in ("failure", "partial", "pending")],

    # Time and ids.
    said("whole seconds keep their six digits", now=1795244400000000),
    said("a time before the year 2000", now=1000000),
    said("an id counts milliseconds", now=1795244400123999),

    # Text.
    said("text beyond ASCII", targetId="Zürich/世界/🦊", actorId="Åsa", targetType="straße"),
    said("quotes and backslashes", targetId="say \"hi\" \\ / </script>"),
    said("metadata with every kind of escape",
         metadata={"a": "\b\t\n\f\r\u0001\u001f\u007f\u0080\u2028\ufeff\"\\/"}),
    said("names sort by UTF-16", metadata={"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4,
                                           "\U0001f600": 5, "\u0080": 6, "\u00f6": 7, "": 8,
                                           "aa": 9, "a": 10, "B": 11, "b": 12}),
    said("unnormalised text stays as it is", metadata={"a": "A\u030a", "b": "\u00c5"}),

    # Numbers.
    said("whole numbers", metadata={"n": [0, -1, 9007199254740991, -9007199254740991, 1000000]}),
    said("numbers with a fraction",
         metadata={"n": [0.1, 1.5, -2.75, 1e-6, 1e-7, 123456.789, 0.000001234, 3.0e-10, 1.0,
                         333333333.3333333, 5e-324, 2.2250738585072014e-308, 4.5e15]}),
    said("numbers beyond what is exact have an exponent",
         metadata={"n": [1e21, -1.5e300, 1.7976931348623157e308]}),
    said("zero has no sign", metadata={"n": [0.0, -0.0]}),

    # Structures.
    said("metadata of every shape",
         metadata={"list": [], "object": {}, "null": None, "true": True, "false": False,
                   "nested": [[1, [2]], {"b": [{"a": None}]}]}),
    said("metadata as deep as can be", metadata=nested(63)),

    # Proof.
    said("proof none", proof={"type": "none"}),
    said("proof hash", proof={"type": "hash", "sha256": SHA}),
    said("proof api_response", proof={"type": "api_response", "data": {"ok": True}}),
    said("proof api_response as text", proof={"type": "api_response", "data": "201 Created"}),
    said("proof api_response with its hash and time",
         proof={"type": "api_response", "data": [1, 2], "sha256": SHA,
                "capturedAt": "2026-11-21T06:59:59Z"}),
    said("proof captured at a fraction of a second",
         proof={"type": "api_response", "data": {}, "capturedAt": "2026-11-21T06:59:59.12Z"}),
    said("proof url", proof={"type": "url", "url": "https://example.org/p/42"}),
    said("proof url with its hash",
         proof={"type": "url", "url": "https://example.org/p/42", "sha256": SHA}),
    said("proof screenshot",
         proof={"type": "screenshot", "url": "https://shots.example/42.png",
                "capturedAt": "2026-11-21T06:59:59.000001Z"}),
    said("proof url whose page is a blob",
         proof={"type": "url", "url": "https://example.org/p/42", "blob": SHA}),
    said("proof url that is known by its hash alone", proof={"type": "url", "sha256": SHA}),
    said("proof url that is data", proof={"type": "url", "data": "the page"}),
    said("proof screenshot that is a blob", proof={"type": "screenshot", "blob": SHA}),
    said("proof screenshot that is a blob with its hash",
         proof={"type": "screenshot", "blob": SHA, "sha256": SHA}),
    said("proof screenshot whose data becomes a blob",
         proof={"type": "screenshot", "data": "p" * 20000}),
    said("proof hash of a blob", proof={"type": "hash", "sha256": SHA, "blob": SHA}),
    said("proof hash with everything",
         proof={"type": "hash", "sha256": SHA, "url": "https://example.org/p/42", "data": 1}),
    said("proof api_response that is known by its hash alone",
         proof={"type": "api_response", "sha256": SHA}),
    said("proof api_response at an address",
         proof={"type": "api_response", "url": "https://api.example/42"}),
    said("proof whose members are null has none of them",
         proof={"type": "screenshot", "blob": SHA, "data": None, "url": None, "sha256": None,
                "capturedAt": None}),
    said("proof whose data is a blob already", proof={"type": "api_response", "blob": SHA}),
    # 16,384 bytes as JSON, quotes included, and one more.
    said("proof data that just fits", proof={"type": "api_response", "data": "x" * 16382}),
    said("proof data of one byte more is a blob",
         proof={"type": "api_response", "data": "x" * 16383}),
    said("large proof data is a blob of its canonical form",
         proof={"type": "api_response", "data": {"b": "y" * 20000, "a": [1.0, "ü"]}}),

    # Causes.
    said("a cause", causationId=PARENT),
    said("a cause as a UUID", causationId="01932c7e-84f1-7a3b-9c2d-1e4f5a6b7c8d"),

    # Correlation in its three ways, and combined.
    said("correlation: none, so a new trace"),
    said("correlation: the active trace", emitter={"trace": TRACE}),
    said("correlation: a traceparent by hand",
         correlationId="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    said("correlation: a traceparent by hand beats the active trace", emitter={"trace": TRACE},
         correlationId="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"),
    said("correlation: text beats the active trace, which still travels",
         emitter={"trace": TRACE}, correlationId="episode-9"),
    said("correlation: text without a trace", correlationId="episode-9"),
    said("correlation: a trace id by hand", correlationId="0af7651916cd43dd8448eb211c80319c"),
    said("correlation: an active trace of zeros is none",
         emitter={"trace": {"traceId": "0" * 32, "spanId": "0" * 16}}),
    said("correlation: what is no traceparent is text",
         correlationId="00-00000000000000000000000000000000-b7ad6b7169203331-01"),

    # Redaction, before anything leaves. Its rules have vectors of their own.
    said("secrets by name", metadata={"password": "hunter2", "nested": [{"API-Key": 12}],
                                      "platform": "web"}),
    said("secrets by declared name", emitter={"redact": ["iban"]},
         metadata={"IBAN": "DE02 1203 0000 0000 2020 51", "platform": "web"}),
    said("secrets in proof", proof={"type": "api_response", "data": {"token": "abc", "id": 1}}),

    built("secrets in an error's text",
          ["failed", "E401", "401 from https://bot:hunter2@api.example.com: Bearer abc.def-ghi"]),
    said("secrets in who, what and why", actorId="bot password=hunter2",
         targetType="password:hunter2", correlationId="token=abc123"),
    said("secrets by declared name in who, what and why", emitter={"redact": ["iban"]},
         actorId="iban=DE02", targetType="iban=DE03", targetId="iban=DE04",
         correlationId="iban=DE05"),
    said("a card number in who, what and why", actorId="4111111111111111",
         targetType="4111 1111 1111 1111", targetId="card 4111-1111-1111-1111",
         correlationId="4111111111111111"),
    said("a traceparent has no secret", correlationId=
         "00-0af7651916cd43dd8448eb211c80319c-4111111111111111-01"),
    said("a long secret in an actor's id makes room", actorId="a" * 230 + " password=" + "x" * 100),
    said("error: a short secret in an actor's id makes it too long",
         actorId="a" * 244 + " password=x"),
    said("error: a short secret in a target's type makes it too long",
         targetType="t" * 89 + " password=x"),
    said("error: a short secret in a correlation makes it too long",
         correlationId="c" * 244 + " password=x"),
    said("error: a short secret in a proof's url makes it too long",
         proof={"type": "url", "url": "https://u:p@example.com/" + "x" * 2020}),
    said("secrets in a target's id", targetId="https://ann:s3cret@example.com/a"),
    said("secrets in a proof's url",
         proof={"type": "url", "url": "https://example.com/a?access_token=abc123&x=1"}),
    said("secrets that are numbers and names",
         metadata={"card": 4111111111111111, "sk_live_0123456789abcdef": 1,
                   "sk_live_fedcba9876543210": 2}),
    said("a long secret makes room: what counts is what is sent",
         targetId="t" * 230 + " password=" + "x" * 100),
    said("secrets in data that is a blob",
         proof={"type": "api_response", "data": {"password": "hunter2", "x": "y" * 17000}}),

    # With a spool an emit is numbered as what is buffered is.
    case("an emit of a numbered producer", "emit", [line()], producer="worker-1"),

    # Batches: one event a line, of one tenant, each with its number.
    batch("a batch of one", line()),
    batch("a batch of three", line(targetId="1"), line(targetId="2", outcome="pending"),
          line(targetId="3", metadata={"a": "two\nlines"})),
    batch("a batch has no traceparent", line(), trace=TRACE),
    batch("two tenants, two keys, two batches, two counts",
          line(targetId="1"), line(targetId="2", clientId="beta-2"), line(targetId="3"),
          line(targetId="4", clientId="beta-2")),
    batch("an invalid event takes no number", line(targetId="1"),
          event(input={**PLAIN, "targetId": ""}), line(targetId="3")),
    batch("a blob goes before the batch that names it", line(targetId="1"),
          line(targetId="2", proof={"type": "api_response", "data": "z" * 20000})),
    # Whose numbers they are: the spool's, which has an id of its own under the program's name.
    batch("an id of a producer is its name and forty bits, of which the first counts most",
          line(), random="0000000001"),
    batch("an id of a producer has the alphabet of all ids", line(), random="ffbbcdeb38"),
    batch("a name as long as can be", line(), producer="w" * 91),
    found("an older spool goes on under the name alone",
          '{"next":{"acme":8},"producer":"worker-1","sent":{"acme":7}}\n', ""),
    found("a spool goes on under its id",
          '{"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acme":7}}\n', ""),
    found("a state may have its CRC",
          '{"crc":541589762,"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acme":7}}\n',
          ""),
    found("a digit of a state that flipped is damage",
          '{"crc":541589762,"next":{"acme":9},"producer":"worker-1.0123abcd","sent":{"acme":7}}\n',
          "0102030405"),
    found("a digit of a CRC that flipped is damage",
          '{"crc":541589763,"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acme":7}}\n',
          "0102030405"),
    found("a CRC whose name flipped is damage",
          '{"crb":541589762,"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acme":7}}\n',
          "0102030405"),
    found("a CRC is of the whole text, its end too",
          '{"crc":541589762,"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acme":7}}',
          "0102030405"),
    found("a state whose next number is none is damaged",
          '{"next":{"acme":0},"producer":"worker-1.0123abcd","sent":{}}\n', "0102030405"),
    found("a state of lists is damaged",
          '{"next":[],"producer":"worker-1.0123abcd","sent":[]}\n', "0102030405"),
    found("a damaged state is no state: another id, and numbers from 1",
          '{"next":{"acme":8},"producer":"worker-1.0123abcd","sent":{"acm', "0102030405"),
    found("a state of a negative number is damaged",
          '{"next":{"acme":-1},"producer":"worker-1.0123abcd","sent":{}}\n', "0102030405"),

    batch("a builder buffers", event(build=[*BUILT, ["succeeded"]])),

    # What must not be: nothing is sent.
    *[said(f"error: no {name}", without=(name,)) for name in PLAIN],
    *[said(f"error: empty {name}", **{name: ""}) for name in PLAIN],
    case("error: nothing at all", "emit", [event(input={})]),
    case("error: nothing built", "emit", [event(build=[])]),
    built("error: no outcome built"),
    said("error: a tenant without a key", clientId="stranger"),
    said("error: an action type of one word", actionType="publish"),
    said("error: an action type in capitals", actionType="Content.Publish"),
    said("error: an action type with a dash", actionType="content.pre-publish"),
    said("error: an action type that ends in a dot", actionType="content."),
    said("error: an action type that is too long", actionType="a." + "b" * 99),
    said("an action type as long as can be", actionType="a." + "b" * 98),
    *[said(f"error: a reserved family, {family}", actionType=f"{family}.happened")
      for family in ("approval", "evidence", "grant", "execution", "rule", "escalation", "ir",
                     "notification", "policy", "principal", "key", "killswitch", "breakglass",
                     "ledger", "security")],
    said("a family that begins like a reserved one", actionType="keys.rotate"),
    said("error: an unknown actor type", actorType="robot"),
    said("error: an actor id that is too long", actorId="ü" * 128),
    said("an actor id as long as can be", actorId="ü" * 127 + "u"),
    said("error: a target type that is too long", targetType="t" * 101),
    said("a target type as long as can be", targetType="t" * 100),
    said("error: a target id that is too long", targetId="t" * 256),
    said("a target id as long as can be", targetId="t" * 255),
    said("error: NUL in an id", targetId="a\u0000b"),
    said("error: a line end in an id", actorId="a\nb"),
    said("error: DEL in a target type", targetType="a\u007f"),
    said("error: an unknown outcome", outcome="done"),
    said("error: an empty correlation", correlationId=""),
    said("error: a correlation that is too long", correlationId="c" * 256),
    said("error: a control character in a correlation", correlationId="a\tb"),
    said("error: a cause that is no event id", causationId="apr_01kajvs94ve8s9p1jdvdbfmwd5"),
    said("error: a cause in capitals", causationId="evt_01KAJVS94VE8S9P1JDVDBFMWD5"),
    said("error: proof without a type", proof={"sha256": SHA}),
    said("error: proof of an unknown type", proof={"type": "video"}),
    said("error: proof with an unknown field", proof={"type": "none", "colour": "red"}),
    said("error: proof hash without a hash", proof={"type": "hash"}),
    said("error: proof with half a hash", proof={"type": "hash", "sha256": "sha256:2cf24dba"}),
    said("error: proof with a hash in capitals", proof={"type": "hash", "sha256": SHA.upper()}),
    said("error: proof url without a url", proof={"type": "url"}),
    said("error: proof screenshot that shows nothing",
         proof={"type": "screenshot", "capturedAt": "2026-11-21T06:59:59Z"}),
    said("error: proof api_response that shows nothing", proof={"type": "api_response"}),
    said("error: proof api_response whose data is null",
         proof={"type": "api_response", "data": None}),
    *[said(f"error: proof none with {name}", proof={"type": "none", name: value})
      for name, value in (("data", 1), ("url", "https://x/"), ("sha256", SHA), ("blob", SHA),
                          ("capturedAt", "2026-11-21T06:59:59Z"))],
    said("error: proof none with everything", proof={"type": "none", "url": "https://x/",
                                                     "blob": SHA, "sha256": SHA, "data": 1}),
    said("error: proof url that is too long", proof={"type": "url", "url": "u" * 2049}),
    said("error: proof url with a control character", proof={"type": "url", "url": "a\u0000"}),
    said("error: proof captured at no time",
         proof={"type": "none", "capturedAt": "2026-02-30T00:00:00Z"}),
    said("error: proof captured at a time with an offset",
         proof={"type": "none", "capturedAt": "2026-02-20T00:00:00+01:00"}),
    said("error: proof with data twice",
         proof={"type": "api_response", "data": 1, "blob": SHA}),
    said("error: metadata nested too deep", metadata=nested(64)),
    said("error: an event that is too large", metadata={"a": "x" * 32768}),
]
