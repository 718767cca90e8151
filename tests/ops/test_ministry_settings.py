"""Check what production refuses of the ministry's sign-in."""

import pytest

from tests.ops.test_secrets_from_files import PLAIN, VALUES, load

GOOD = {
    "OIDC_ISSUER": "https://dangnhap.bca.example/realms/bca",
    "OIDC_CLIENT_ID": "cong-truyen-thong",
    "OIDC_CLIENT_SECRET": "from the ministry",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"OIDC_ISSUER": "http://dangnhap.bca.example"}, "OIDC_ISSUER must be an https address"),
        (
            {"OIDC_ISSUER": "https://a:b@dangnhap.bca.example"},
            "OIDC_ISSUER must be an https address",
        ),
        ({"OIDC_ISSUER": ""}, "OIDC_ISSUER is empty"),
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID is empty"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET is empty"),
        ({"OIDC_SCOPES": "profile"}, "OIDC_SCOPES must hold openid"),
        ({"OIDC_MAX_AGE": "0"}, "OIDC_MAX_AGE must lie"),
        ({**dict.fromkeys(GOOD, ""), "OIDC_REQUIRED": "true"}, "OIDC_ISSUER is empty"),
    ],
)
def test_a_value_that_is_missing_or_unsafe_stops_the_start(changes, said):
    run = load({**PLAIN, **VALUES, **GOOD, **changes})

    assert (run.returncode, said in run.stderr) == (1, True)
    assert "from the ministry" not in run.stderr


def test_it_starts_with_all_of_them_from_a_file_and_with_none(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from the ministry\n")
    given = {name: value for name, value in GOOD.items() if name != "OIDC_CLIENT_SECRET"}

    runs = [
        load({**PLAIN, **VALUES, **facts})
        for facts in ({**given, "OIDC_CLIENT_SECRET_FILE": str(secret)}, {})
    ]

    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr
