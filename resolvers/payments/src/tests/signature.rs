//! Signatures as Stripe's own library makes them.

use kit::DateTime;
use secrecy::SecretString;

use crate::provider::{NotGenuine, signature::verify};

/// Made by `stripe.webhooks.generateTestHeaderString` of npm's stripe 23.1.0.
const BODY: &str = r#"{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"payment_id":"pay_00000000000000000000000001"}}}}"#;
const HEADER: &str = "t=1767225600,v1=8c343a7803d1ed9872549cb66fbab781b814f8a2570f8bf90f253af5c79520c5";
const SIGNED: DateTime = DateTime(1_767_225_600_000);

fn secrets(all: &[&str]) -> Vec<SecretString> {
    all.iter().map(|secret| SecretString::from(*secret)).collect()
}

#[test]
fn a_header_of_stripes_library_is_believed_for_five_minutes() {
    let secrets = secrets(&["whsec_old", "whsec_test_secret"]);
    let at = |seconds: i64| verify(BODY.as_bytes(), HEADER, &secrets, SIGNED.plus(seconds * 1_000));

    assert_eq!(at(0), Ok(()));
    assert_eq!((at(300), at(-300)), (Ok(()), Ok(())));
    assert_eq!((at(301), at(-301)), (Err(NotGenuine::Stale), Err(NotGenuine::Stale)));
}

#[test]
fn another_secret_body_or_time_is_not_believed() {
    let known = secrets(&["whsec_test_secret"]);
    let look = |body: &str, header: &str| verify(body.as_bytes(), header, &known, SIGNED);

    assert_eq!(look(&BODY.replace("evt_1", "evt_2"), HEADER), Err(NotGenuine::Forged));
    assert_eq!(look(BODY, &HEADER.replace("t=1767225600", "t=1767225601")), Err(NotGenuine::Forged));
    assert_eq!(
        verify(BODY.as_bytes(), HEADER, &secrets(&["whsec_of_another"]), SIGNED),
        Err(NotGenuine::Forged)
    );
    assert_eq!(verify(BODY.as_bytes(), HEADER, &[], SIGNED), Err(NotGenuine::Forged));
    for unsigned in ["", "t=1767225600", "v1=00", "t=x,v1=00", "t=1767225600,v1=0", "t=1767225600,v0=00"]
    {
        assert_eq!(look(BODY, unsigned), Err(NotGenuine::Unsigned), "{unsigned}");
    }
}
