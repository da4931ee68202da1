"""The shipped policy as it is sent, and as somebody could forge it, with digests that hold."""

import hashlib
import json

from cli.sent_policy import pack_policy
from policies.checkpoint import read_manifest, read_part
from policies.policy_files import PART
from policies.runs import find_policy

FOLDER = find_policy("dofbot-state")
GOOD = pack_policy(FOLDER)


def signed(manifest):
    """Return ``manifest`` as its writer would have signed it: all digests hold."""
    plain = json.dumps(manifest, sort_keys=True).encode()
    return json.dumps(manifest | {"sha256": hashlib.sha256(plain).hexdigest()}).encode()


def forged(weights=GOOD["weights"], file=None, **changes):
    """Return files whose digests all hold, but for ``changes`` of the manifest."""
    digest = hashlib.sha256(weights).hexdigest()
    file = f"policy-{digest[:12]}.safetensors" if file is None else file
    entry = {"file": file, "bytes": len(weights), "sha256": digest}
    manifest = read_manifest(FOLDER) | {"files": {PART: entry}} | changes
    return {"manifest": signed(manifest), "weights": weights}


def contract(**changes):
    return {"contract": read_manifest(FOLDER)["contract"] | changes}


def arrays():
    return read_part(FOLDER, read_manifest(FOLDER), PART)
