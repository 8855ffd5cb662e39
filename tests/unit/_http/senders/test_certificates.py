"""Which certificates a connection trusts."""

from __future__ import annotations

import ssl

import pytest
import trustme

from replicatekit._http.senders import certificates
from replicatekit._http.senders.certificates import ssl_context
from replicatekit.errors import InvalidArgument


@pytest.fixture
def authority(tmp_path):
    """A file with one certificate."""
    path = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return path


@pytest.fixture
def no_variables(monkeypatch):
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    certificates._system.cache_clear()
    yield monkeypatch
    certificates._system.cache_clear()


def test_a_context_of_the_callers_is_used_as_it_is():
    own = ssl.create_default_context()
    assert ssl_context(own, trust_env=True) is own


def test_a_file_replaces_the_certificates_of_the_system(authority):
    assert ssl_context(authority, trust_env=True).cert_store_stats()["x509_ca"] == 1


def test_a_folder_is_a_place_of_certificates(tmp_path):
    assert ssl_context(str(tmp_path), trust_env=True).verify_mode is ssl.CERT_REQUIRED


def test_without_verification_no_certificate_is_required():
    context = ssl_context(False, trust_env=True)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_variables_count_unless_the_environment_is_not_trusted(no_variables, authority, variable):
    no_variables.setenv(variable, str(authority if variable == "SSL_CERT_FILE" else authority.parent))
    trusted = ssl_context(True, trust_env=True)
    without = ssl_context(True, trust_env=False)
    assert trusted is not without
    assert without.verify_mode is ssl.CERT_REQUIRED
    if variable == "SSL_CERT_FILE":
        assert trusted.cert_store_stats()["x509_ca"] == 1
        assert without.get_ca_certs() != trusted.get_ca_certs()


def test_a_path_that_is_not_there_and_a_file_without_certificates_are_refused(tmp_path):
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(InvalidArgument, match="does not exist"):
        ssl_context(str(tmp_path / "nowhere.pem"), trust_env=True)
    with pytest.raises(InvalidArgument, match=r"cannot load certificates from verify=.*empty\.pem"):
        ssl_context(str(tmp_path / "empty.pem"), trust_env=True)


def test_anything_else_is_refused_by_its_type():
    with pytest.raises(InvalidArgument, match=r"an ssl\.SSLContext, not int"):
        ssl_context(3, trust_env=True)
