"""Is a wrong setting answered with its name and what it accepts, and never with its value?"""

import pytest

from api.console.application import PREFIX
from deploy.database_urls import async_url
from deploy.settings import InvalidSetting, Settings, read_settings


@pytest.mark.parametrize(
    ("name", "value", "accepts"),
    [
        ("directory_database_url", "mysql://ada:secret@db/x", "sqlite:/// URL"),
        ("directory_database_url", "no url, secret", "sqlite:/// URL"),
        ("directory_database_url", "sqlite://", "sqlite:/// URL"),
        ("directory_database_url", "sqlite:///:memory:", "sqlite:/// URL"),
        ("directory_database_url", "sqlite:///x.db?mode=memory&uri=secret", "sqlite:/// URL"),
        ("downstream_database_url", "postgres://db/x?sslmode=secret", "postgresql://"),
        ("downstream_database_url", "postgres://db,secret:x/x", "postgresql://"),
        ("downstream_database_url", "postgres://db/x?target_session_attrs=standby", "primary"),
        ("downstream_database_url", "postgres://db/x?sslrootcert=/secret", "sslmode=verify-full"),
        ("downstream_database_url", "postgres://ada:secret@db/x?sslmode=", "sslmode=verify-full"),
        ("broker_url", "http://ada:secret@broker", "amqp://"),
        ("broker_url", "amqps://ada:secret@broker/?cafile=", "the parameters cafile"),
        ("broker_url", "amqp://broker/?cafile=/secret", "of amqps:// the parameters cafile"),
        ("broker_url", "amqp://ada:secret@broker,,broker", "commas"),
        ("port", "secret", "1 to 65535"),
        ("port", "70000", "1 to 65535"),
        ("most_connections", "15", "16 to 100000"),
        ("head_timeout", "0", "more than 0"),
        ("api_docs", "secret", "true or false"),
        ("console", "secret", "true or false"),
        ("console_url", "secret.example.com", "https://muster.example.com/console/"),
        ("console_url", "ftp://secret", "http:// or https://"),
        ("console_url", "https://secret/elsewhere/", "https://muster.example.com/console/"),
        ("console_url", "https://x/console/?secret", "http:// or https://"),
        ("console_url", "https://ada:secret@x/console/", "http:// or https://"),
        ("console_url", "https://secret:70000", "http:// or https://"),
        ("public_url", "ftp://secret", "http:// or https://"),
        ("trusted_proxies", "10.0.0.0/8,secret", "addresses and networks"),
        ("rate_each", "24", "25 or more, or off"),
        ("rate_each", "-1", "25 or more, or off"),
        ("rate_each", "secret", "25 or more, or off"),
        ("burst_each", "199", "200 to 1000000"),
        ("trusted_proxies", "10.0.0.1/8", "addresses and networks"),
        ("public_url", "https://x/?secret", "http:// or https://"),
        ("admin_port", "secret", "1 to 65535"),
        ("admin_token", "secret" * 5, "at least 32 characters"),
        ("tracing_endpoint", "collector:4317/secret", "OTLP over HTTP"),
        ("tracing_endpoint", "http://ada:secret@collector", "OTLP over HTTP"),
        ("tracing_ratio", "1.1", "0 to 1"),
        ("log_level", "secret", "debug, info, warning or error"),
        ("log_format", "secret", "console or json"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_accepts(name: str, value: str, accepts: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings(**{name: value})
    assert f"MUSTER_{name.upper()}" in str(caught.value)
    assert accepts in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "70000" not in str(caught.value)


@pytest.mark.parametrize("mistyped", ["MUSTER_POTR", "muster_portt"])
def test_an_unknown_variable_is_named_with_the_nearest_setting(
    monkeypatch: pytest.MonkeyPatch, mistyped: str
) -> None:
    monkeypatch.setenv(mistyped, "secret")
    with pytest.raises(InvalidSetting) as caught:
        read_settings()
    assert str(caught.value) == f"{mistyped} is no setting: did you mean MUSTER_PORT?"


def test_every_setting_says_what_it_accepts() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("postgres://u:p@db/x", "postgresql+asyncpg://u:p@db/x"),
        ("postgresql://db:6432/x?sslmode=verify-full", "postgresql+asyncpg://db:6432/x?sslmode=verify-full"),
        ("postgresql://db/x?target_session_attrs=any", "postgresql+asyncpg://db/x?target_session_attrs=any"),
        ("postgresql://u:p@a,b:2/x?sslmode=require", "postgresql+asyncpg://u:p@a/x?servers=a%3A5432%2Cb%3A2&sslmode=require&target_session_attrs=read-write"),
        ("postgresql://a,b/x?target_session_attrs=any", "postgresql+asyncpg://a/x?servers=a%3A5432%2Cb%3A5432&target_session_attrs=any"),
        ("sqlite:///var/x.sqlite3", "sqlite+aiosqlite:///var/x.sqlite3"),
    ],
)  # fmt: skip
def test_the_forms_of_urls_that_people_paste_are_understood(given: str, meant: str) -> None:
    assert async_url(given).render_as_string(hide_password=False) == meant


@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("directory_database", "postgresql://ada:secret@db/x"),
        ("directory_database", "postgresql://db/x"),
        ("downstream_database", "sqlite:///var/secret.sqlite3"),
        ("broker", "amqp://ada:secret@a,b/"),
        ("broker", ""),
    ],
)
def test_a_password_has_one_place_and_a_user(setting: str, url: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings(**{f"{setting}_url": url, f"{setting}_password_file": "/run/secret"})
    variable = f"MUSTER_{setting.upper()}"
    assert str(caught.value) == (
        f"{variable}_PASSWORD_FILE is not valid: it takes the path of a file that holds the"
        f" password of the user in {variable}_URL, which then names no password itself"
    )


@pytest.mark.parametrize(
    ("setting", "url", "why"),
    [
        ("broker", "amqps://b/?sslrootcert=/secret", "the parameter 'sslrootcert' is none that it"),
        ("broker", "amqps://b/?verify=secret", "verify is neither verify_peer nor verify_none"),
        ("broker", "amqps://b/?verify=verify_none&cafile=/secret", "without a verification the"),
        ("broker", "amqp://b/?cafile=/secret", "parameters of TLS need amqps://"),
        ("broker", "amqps://b/?cafile=", "the parameter 'cafile' has no value that can be used"),
        ("broker", "amqp://ada:x?secret=y@b/", "a parameter is none that it has"),
        ("broker", "amqp://ada:x@b/?secret-1=y", "a parameter is none that it has"),
        ("directory_database", "postgresql://b/x?cafile=/secret", "the parameter 'cafile' is none"),
        ("directory_database", "postgresql://b/x?sslmode=secret", "sslmode is none of disable,"),
        ("directory_database", "postgresql://b/x?sslkey=/secret&sslmode=require", "sslkey needs"),
        ("directory_database", "postgresql://b/x?sslcert=/secret", "its files need sslmode="),
        (
            "directory_database",
            "postgresql://b/x?sslmode=a&sslmode=b",
            "the parameter 'sslmode' is given",
        ),
        ("directory_database", "mysql://b/x", None),
    ],
)
def test_a_url_that_is_refused_says_which_parameter_is_wrong_and_no_value(
    setting: str, url: str, why: str | None
) -> None:
    with pytest.raises(InvalidSetting) as caught:
        read_settings(**{f"{setting}_url": url})
    told = str(caught.value).removeprefix(f"MUSTER_{setting.upper()}_URL is not valid")
    assert told.startswith(f", because {why}" if why else ": it takes")
    assert "secret" not in told


@pytest.mark.parametrize("password", ["", ":secret"])
@pytest.mark.parametrize("file", [None, "/run/other-secret"])
@pytest.mark.parametrize(
    ("setting", "url"),
    [
        ("directory_database", "postgresql://ada{}@db/x?password_file=/run/secret"),
        ("downstream_database", "postgresql://ada{}@db/x?sslmode=require&password%5Ffile=/secret"),
        ("broker", "amqp://ada{}@broker/?password_file=/run/secret"),
    ],
)
def test_only_a_setting_names_the_file_of_a_password(
    setting: str, url: str, file: str | None, password: str
) -> None:
    given = {f"{setting}_url": url.format(password), f"{setting}_password_file": file}
    with pytest.raises(InvalidSetting) as caught:
        read_settings(**given)
    assert str(caught.value).startswith(f"MUSTER_{setting.upper()}_URL is not valid: it takes")
    assert "secret" not in str(caught.value)


def test_the_url_of_a_server_names_the_file_of_its_password() -> None:
    settings = read_settings(
        directory_database_url="postgresql://ada@a,b/x?sslmode=require",
        directory_database_password_file="/run/secrets/directory",
        broker_url="amqp://relay@broker/",
    )
    directory = settings.access_by("directory_database_url")
    assert directory == f"{settings.directory_database_url}&password_file=/run/secrets/directory"
    assert async_url(directory).query["password_file"] == "/run/secrets/directory"
    assert settings.access_by("broker_url") == "amqp://relay@broker/"


def test_the_end_of_a_line_belongs_to_no_url() -> None:
    settings = read_settings(directory_database_url="sqlite:///x.db\n", broker_url=" amqp://b/ \n")
    assert (settings.directory_database_url, settings.broker_url) == (
        "sqlite:///x.db",
        "amqp://b/",
    )


def test_the_token_of_the_operator_is_shown_nowhere() -> None:
    settings = read_settings(admin_token=f" {'secret' * 6}\n")
    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == "secret" * 6
    assert "secret" not in f"{settings!r} {settings}"


def test_base_urls_are_built_on_the_public_url() -> None:
    assert read_settings(public_url="https://scim.example.com/").base == "https://scim.example.com"
    assert read_settings(host="::1", port=1).base == "http://[::1]:1"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", ""),
        ("https://muster.example.com", "https://muster.example.com"),
        (f"https://muster.example.com{PREFIX}/", "https://muster.example.com"),
        (f" https://Muster.example.com:443{PREFIX}\n", "https://muster.example.com"),
        ("http://[::1]:8001/", "http://[::1]:8001"),
    ],
)
def test_the_url_of_the_console_may_have_its_path_or_not(given: str, meant: str) -> None:
    assert read_settings(console_url=given).console_url == meant


@pytest.mark.parametrize("by_default", [True, False])
def test_whether_the_api_describes_itself_can_be_said(by_default: bool) -> None:
    assert read_settings().shows_docs(by_default=by_default) is by_default
    assert read_settings(api_docs="true").shows_docs(by_default=by_default)
    assert not read_settings(api_docs="off").shows_docs(by_default=by_default)


@pytest.mark.parametrize("path", ["", "/", "/v1/traces", "/v1/traces/"])
def test_a_collector_may_be_named_with_the_path_of_traces(path: str) -> None:
    settings = read_settings(tracing_endpoint=f"http://collector:4318{path}")
    assert settings.tracing_endpoint == "http://collector:4318"
