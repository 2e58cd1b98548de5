//! How a request's headers become credentials.

use gantry_auth::{Credentials, HeaderField};

fn read(headers: &[(&str, &[u8])], cookie: Option<&str>) -> Credentials {
    Credentials::from_headers(
        |name| {
            headers
                .iter()
                .filter(|(sent, _)| sent.eq_ignore_ascii_case(name))
                .map(|(_, value)| *value)
                .collect::<Vec<_>>()
        },
        cookie,
    )
}

fn text(value: &str) -> HeaderField {
    HeaderField::Text(value.to_owned())
}

#[test]
fn each_header_is_found() {
    let credentials = read(
        &[
            ("authorization", b"Bearer x"),
            ("origin", b"https://app.example.com"),
            ("x-tenant-id", b"acme"),
            ("x-dev-user-id", b"alice"),
            ("x-dev-user-email", b"alice@example.com"),
        ],
        None,
    );
    assert_eq!(credentials.authorization, text("Bearer x"));
    assert_eq!(credentials.origin, text("https://app.example.com"));
    assert_eq!(credentials.tenant, text("acme"));
    assert_eq!(credentials.development_user, text("alice"));
    assert_eq!(credentials.development_email, text("alice@example.com"));
    assert_eq!(credentials.session_cookie, HeaderField::Absent);
}

#[test]
fn a_header_sent_twice_or_not_as_text_is_unreadable() {
    let twice = read(
        &[
            ("Authorization", b"Bearer x"),
            ("Authorization", b"Bearer x"),
        ],
        None,
    );
    assert_eq!(twice.authorization, HeaderField::Unreadable);
    let bytes = read(&[("X-Tenant-Id", &[0xff])], None);
    assert_eq!(bytes.tenant, HeaderField::Unreadable);
}

#[test]
fn the_session_cookie_is_found_among_others() {
    let headers: &[(&str, &[u8])] = &[
        ("Cookie", b"a=1; __session_other=2;__session=token"),
        ("Cookie", b"b=3"),
    ];
    assert_eq!(
        read(headers, Some("__session")).session_cookie,
        text("token")
    );
    assert_eq!(read(headers, None).session_cookie, HeaderField::Absent);
    let twice: &[(&str, &[u8])] = &[("Cookie", b"__session=a"), ("Cookie", b"__session=b")];
    assert_eq!(
        read(twice, Some("__session")).session_cookie,
        HeaderField::Unreadable
    );
}
