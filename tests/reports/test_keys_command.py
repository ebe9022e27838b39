"""`flask fieldservice keys`."""

from pathlib import Path

from cryptography import x509

from fieldservice.reports import keys
from tests.reports.test_keys import Authority


def test_the_owner_of_the_machine_reads_and_rotates(app, cast, runner) -> None:
    none = runner.invoke(args=["fieldservice", "keys", "show"])
    assert "made when server or worker first start" in none.output
    first = keys.sealing_identity()
    shown = runner.invoke(args=["fieldservice", "keys", "show"])
    assert shown.exit_code == 0, shown.output
    assert "seals now" in shown.output
    assert "not encrypted" in shown.output
    rotated = runner.invoke(args=["fieldservice", "keys", "rotate"])
    assert rotated.exit_code == 0, rotated.output
    assert keys.sealing_identity().certificate != first.certificate, "the process goes on with the old key"
    pem = runner.invoke(args=["fieldservice", "keys", "show", "--pem"]).output
    assert x509.load_pem_x509_certificate(pem.encode()) == first.root
    file = Path(app.config["DATA_DIR"]) / "given.p12"
    file.write_bytes(Authority().file())
    refused = runner.invoke(args=["fieldservice", "keys", "import", str(file)], input="falsch\n")
    assert refused.exit_code == 1
    assert "The passphrase does not open this file. Nothing was changed." in refused.output
    taken = runner.invoke(args=["fieldservice", "keys", "import", str(file)], input="pw\n")
    assert taken.exit_code == 0, taken.output
    assert "公章" in taken.output
